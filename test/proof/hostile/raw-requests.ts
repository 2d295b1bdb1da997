/** Bytes that a parser of HTTP must survive: garbage, contradictions about the length, half requests, other protocols. */

const lines = (...all: readonly string[]): Buffer => Buffer.from(`${all.join('\r\n')}\r\n\r\n`, 'latin1');
const POST = ['POST /v1/transactions HTTP/1.1', 'host: x', 'content-type: application/json'];

export const RAW: readonly Buffer[] = [
  Buffer.from('garbage\r\n\r\n'),
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('GET / HTTP/0.9\r\n\r\n'),
  Buffer.alloc(70_000, 'A'),
  Buffer.alloc(500),
  lines('GET /health/live HTTP/1.1'),
  lines('GET /health/live HTTP/1.1', 'host: x', 'host: y'),
  lines('GET  /health/live HTTP/1.1', 'host: x'),
  lines('GET http://[::1 HTTP/1.1', 'host: x'),
  lines('GET * HTTP/1.1', 'host: x'),
  lines('GET /\u0001\u0002 HTTP/1.1', 'host: x'),
  lines('get /health/live HTTP/1.1', 'host: x'),
  lines('GET /health/live HTTP/1.1', 'host: x', 'bad header'),
  lines('GET /health/live HTTP/1.1', 'host: x', ` ${'fold'.repeat(10)}`),
  lines('GET /health/live HTTP/1.1', 'host: x', ...Array.from({ length: 3_000 }, (_, at) => `h${at}: v`)),
  lines(...POST, 'content-length: -1'),
  lines(...POST, 'content-length: 99999999999999999999'),
  lines(...POST, 'content-length: 5', 'content-length: 6', '', 'hello'),
  lines(...POST, 'content-length: 4', 'transfer-encoding: chunked', '', '0'),
  lines(...POST, 'transfer-encoding: chunked', '', 'zz', 'hello'),
  lines(...POST, 'transfer-encoding: chunked', '', 'ffffffffffffffff', 'hello'),
  lines(...POST, 'transfer-encoding: gzip, chunked', '', '0'),
  lines(...POST, 'content-length: 1000', '', '{"branches":'),
];
