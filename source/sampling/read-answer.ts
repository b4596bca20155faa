import type { Sampler } from '../catalog/sampler.ts';
import { decodeRows } from '../postgres/decode.ts';
import type { Answer } from '../postgres/message.ts';
import { failureOf } from './failure.ts';
import type { Cost, Row, SamplerFailure } from './reading.ts';

/** The rows that an answer brought, when they were true by the server's clock, and what they cost. */
export type AnswerRows = {
	readonly rows: readonly Row[];
	readonly at: number;
	readonly cost: Cost;
};

/** What an answer is by the promises of the query's header: its rows, or why it has none. */
export function readAnswer(
	sampler: Sampler,
	timeoutMs: number,
	answer: Answer,
): AnswerRows | { readonly failure: SamplerFailure } {
	if (answer.kind === 'error') {
		return { failure: failureOf(sampler, timeoutMs, answer.error) };
	}
	if (answer.rows.length > sampler.maxRows) {
		const sentence = `${sampler.file} returned more than its max-rows of ${sampler.maxRows}`;
		return { failure: { sentence } };
	}
	const rows = decodeRows(sampler.columns, answer.rows, answer.fieldNames);
	if ('reason' in rows) return { failure: { sentence: `${sampler.file}: ${rows.reason}` } };
	return { rows, at: answer.at, cost: { serverMs: answer.serverMs } };
}
