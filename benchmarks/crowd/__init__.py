"""Many real ICE, DTLS and SRTP clients in one room, counted beside the worker that serves them."""
