import assert from "node:assert/strict";
import { test } from "node:test";
import { answerRoundTrips } from "../../static/js/media/subscribe.js";

test("the answer asks for round trips to be measured, for each line of pictures and nothing else", () => {
  const sound = "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\n";
  const picture =
    "m=video 9 X 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\n";
  const able = picture.replace("VP8/90000\r\n", "VP8/90000\r\na=rtcp-fb:96 rrtr\r\n");
  assert.equal(answerRoundTrips(sound + picture + picture), sound + able + able);
});
