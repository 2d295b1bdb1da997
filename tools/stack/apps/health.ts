import { get } from 'node:http';

const TIMEOUT_MS = 2_000;

/** Status of `GET url`; undefined when nothing answers. One connection per question, so nothing stays open. */
export function httpStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('timeout', () => request.destroy());
    // Refused, reset or too slow: the app is not there (yet), which is the answer.
    request.on('error', () => resolve(undefined));
  });
}
