import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Exporter } from './exporter.ts';
import { contentTypes } from './exposition.ts';
import { negotiate } from './negotiate.ts';

/** What the answers are made of. */
export type AnswerOptions = {
	readonly exporter: Pick<Exporter, 'scrape' | 'readiness'>;
	/** Absent: /metrics is open to all who can connect. */
	readonly isAuthorised?: (authorization: string | undefined) => boolean;
};

type Answer = {
	readonly status: number;
	readonly body: string | Buffer;
	readonly headers?: Readonly<Record<string, string>>;
};

const plainText = 'text/plain; charset=utf-8';
const front = 'tidemark\n\n/metrics  /healthz  /readyz\n';

/**
 * Answers one request: GET and HEAD of /metrics, /healthz (this process serves) and /readyz (the
 * database answers). The last two ask for no token and tell nothing but yes or no.
 */
export async function answer(
	options: AnswerOptions,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const { status, body, headers } = await route(options, request);
	const bytes = typeof body === 'string' ? Buffer.from(body) : body;
	response.writeHead(status, {
		'Content-Type': plainText,
		'Content-Length': bytes.length,
		'Cache-Control': 'no-store',
		'X-Content-Type-Options': 'nosniff',
		...headers,
	});
	response.end(bytes);
}

async function route(
	{ exporter, isAuthorised }: AnswerOptions,
	request: IncomingMessage,
): Promise<Answer> {
	const path = (request.url ?? '').split('?', 1)[0] ?? '';
	if (!paths.has(path)) return { status: 404, body: 'not found\n' };
	if (request.method !== 'GET' && request.method !== 'HEAD') {
		// What the body may still bring is not waited for.
		const headers = { Allow: 'GET, HEAD', Connection: 'close' };
		return { status: 405, body: 'only GET and HEAD\n', headers };
	}
	if (path === '/') return { status: 200, body: front };
	if (path === '/healthz') return { status: 200, body: 'ok\n' };
	if (path === '/readyz') {
		const { isReady, reason } = await exporter.readiness();
		return { status: isReady ? 200 : 503, body: `${reason}\n` };
	}
	if (isAuthorised?.(request.headers.authorization) === false) {
		const headers = { 'WWW-Authenticate': 'Bearer realm="tidemark"' };
		return { status: 401, body: 'a bearer token is needed\n', headers };
	}
	const format = negotiate(request.headers.accept);
	const body = await exporter.scrape(format);
	return { status: 200, body, headers: { 'Content-Type': contentTypes[format], Vary: 'Accept' } };
}

const paths: ReadonlySet<string> = new Set(['/', '/metrics', '/healthz', '/readyz']);
