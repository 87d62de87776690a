import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** Codes of Node's HTTP parser and server; what is not here is a malformed request. */
const statusOf: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

const details: Readonly<Record<number, string>> = {
  400: 'The request is not valid HTTP.',
  408: 'The request did not arrive within REQUEST_TIMEOUT_MS.',
  431: 'The headers of the request are too large.',
};

/** Answers what Node's parser refuses before there is a request to answer, and closes the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  const answered = (socket as { _httpMessage?: { _headerSent?: boolean } | null })._httpMessage?._headerSent === true;
  // Bytes in the middle of an answer would be taken for a part of it.
  if (error.code === 'ECONNRESET' || !socket.writable || answered) {
    socket.destroy();
    return;
  }
  const status = statusOf[error.code ?? ''] ?? 400;
  const requestId = randomUUID();
  const body = JSON.stringify({
    type: 'urn:purser:error:invalid_request',
    title: STATUS_CODES[status],
    status,
    detail: details[status],
    code: 'invalid_request',
    requestId,
  });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
