/**
 * Builds what the browser needs from the pinned npm packages: `npm ci && node static/vendor/build.mjs`.
 * The output is committed, so that running the room needs no Node.
 */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));

const PACKAGES = [
  "preact",
  "@preact/signals",
  "@preact/signals-core",
  "htm",
  "socket.io-client",
  "lucide-static",
];

/** @param {string} entry @param {string} output */
async function bundle(entry, output) {
  await build({
    entryPoints: [entry],
    outfile: here + output,
    bundle: true,
    format: "esm",
    minify: true,
    target: ["es2022"],
    legalComments: "eof",
    logLevel: "warning",
  });
}

/** One symbol per icon in use, so that `<use href="icons.svg#name">` works from any page. */
async function sprite() {
  const names = JSON.parse(await readFile(`${here}icons.json`, "utf8"));
  const symbols = [];
  for (const [name, source] of Object.entries(names)) {
    const svg = await readFile(`${modules}lucide-static/icons/${source}.svg`, "utf8");
    const drawing = svg.replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace(/<\/svg>\s*$/, "");
    const lines = drawing.replaceAll(/\s+/g, " ").trim();
    symbols.push(
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
        `stroke-linecap="round" stroke-linejoin="round">${lines}</symbol>`,
    );
  }
  await writeFile(
    `${here}icons.svg`,
    `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
  );
}

/** @param {string} name */
async function licence(name) {
  for (const file of ["LICENSE", "LICENSE.md", "LICENCE", "license"]) {
    const text = await readFile(`${modules}${name}/${file}`, "utf8").catch(() => null);
    if (text !== null) return text.trim();
  }
  throw new Error(`${name} has no licence file`);
}

/** @param {string} name */
async function version(name) {
  return JSON.parse(await readFile(`${modules}${name}/package.json`, "utf8"));
}

async function licences() {
  const texts = [];
  for (const name of PACKAGES) {
    const { version: number, license } = await version(name);
    texts.push(`## ${name} ${number} (${license})\n\n${await licence(name)}\n`);
  }
  await writeFile(`${here}LICENCES.txt`, texts.join("\n"));
}

async function readme() {
  const rows = [];
  for (const file of ["ui.js", "socket.io.js", "icons.svg"]) {
    const bytes = await readFile(here + file);
    rows.push(`| ${file} | ${bytes.length} | ${createHash("sha256").update(bytes).digest("hex")} |`);
  }
  const versions = [];
  for (const name of PACKAGES) {
    const { version: number, license } = await version(name);
    versions.push(`| ${name} | ${number} | ${license} |`);
  }
  await writeFile(
    `${here}README.md`,
    `# Vendored browser code

Built by \`build.mjs\` from the packages pinned in \`package.json\`; never edited by hand.

| package | version | licence |
|---|---|---|
${versions.join("\n")}

| file | bytes | SHA-256 |
|---|---|---|
${rows.join("\n")}
`,
  );
}

await bundle(`${here}ui.entry.js`, "ui.js");
await bundle(`${modules}socket.io-client/dist/socket.io.esm.min.js`, "socket.io.js");
await sprite();
await licences();
await readme();
