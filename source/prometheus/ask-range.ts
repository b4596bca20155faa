import { TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import { matrixOf } from './matrix.ts';

/** Where a Prometheus, or what speaks its API, answers. */
export type Prometheus = {
	/** Without user and password; a path before `/api` is kept. */
	readonly url: URL;
	/** The header that it wants; never shown. */
	readonly authorization?: string;
};

/** Which samples are asked for; times in ms since the epoch. */
export type Range = { readonly fromMs: number; readonly toMs: number; readonly stepMs: number };

/** One series of an answer: its labels, and values by their time in ms. */
export type RangeSeries = {
	readonly labels: Readonly<Record<string, string>>;
	readonly values: readonly (readonly [at: number, value: number])[];
};

/** An answer takes no longer, in ms. */
export const longestAnswerMs = 5000;
/** An answer that is larger is not read to its end, in bytes. */
const largestAnswer = 4 * 2 ** 20;

/**
 * Asks for a selector's samples over a range.
 * @throws TidemarkError of kind `query` with one sentence: no answer in time, a refusal, another
 *   shape, too much of it. No user, password or token is in it
 */
export async function askRange(
	prometheus: Prometheus,
	selector: string,
	{ fromMs, toMs, stepMs }: Range,
	signal: AbortSignal,
): Promise<readonly RangeSeries[]> {
	const { url, authorization } = prometheus;
	const address = new URL(`${url.pathname.replace(/\/+$/, '')}/api/v1/query_range`, url);
	address.search = new URLSearchParams({
		query: selector,
		start: String(fromMs / 1000),
		end: String(toMs / 1000),
		step: String(stepMs / 1000),
	}).toString();
	try {
		const response = await fetch(address, {
			headers: { accept: 'application/json', ...(authorization && { authorization }) },
			// A redirect would carry the header to who knows where.
			redirect: 'error',
			signal: AbortSignal.any([signal, AbortSignal.timeout(longestAnswerMs)]),
		});
		const text = await readText(response);
		if (!response.ok) throw new Refusal(refusalOf(response.status, text));
		return matrixOf(JSON.parse(text));
	} catch (error) {
		throw new TidemarkError('query', `Prometheus at ${url.host} ${reasonOf(error)}`, {
			cause: error,
		});
	}
}

/** What an answer itself says of why it is none. */
class Refusal extends Error {}

async function readText(response: Response): Promise<string> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body ?? []) {
		size += chunk.length;
		if (size > largestAnswer) throw new Refusal('answers with more than 4 MB');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString();
}

function refusalOf(status: number, text: string): string {
	if (status === 401 || status === 403)
		return 'wants another user or token: --prometheus-auth-file';
	const said = /"error":"((?:[^"\\]|\\.){1,200})/.exec(text)?.[1];
	return `answers with status ${status}${said ? `: ${sanitise(said, { maxLength: 120 })}` : ''}`;
}

function reasonOf(error: unknown): string {
	if (error instanceof Refusal) return error.message;
	if (error instanceof SyntaxError) return 'answers with something that is no JSON';
	const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
	if (name === 'TimeoutError') return `has not answered within ${longestAnswerMs / 1000} s`;
	if (name === 'AbortError') return 'was not waited for';
	if (name === 'NotAMatrix') return message;
	return `cannot be asked: ${sanitise(cause?.code ?? cause?.message ?? message, { maxLength: 120 })}`;
}
