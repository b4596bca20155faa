import { sqlstates, TidemarkError } from '../errors.ts';
import type { Value } from '../postgres/transaction.ts';
import { type Answers, answerTo, type Question } from '../sampling/question.ts';
import { type Row, rowsOf } from '../sampling/reading.ts';

/** Rows, or why there are none. */
export type Found =
	| { readonly rows: readonly Row[] }
	| { readonly why: string; readonly sqlstate?: string };

/**
 * Looks things up in the answers there are, and notes every question on the way: what has no answer
 * yet is to be asked, and then the same way is gone again, further.
 */
export class Asking {
	readonly #answers: Answers;
	readonly #questions: Question[] = [];
	#isMissing = false;

	constructor(answers: Answers) {
		this.#answers = answers;
	}

	/** All that was looked up, known or not. */
	get questions(): readonly Question[] {
		return this.#questions;
	}

	/** Something that was looked up has no answer yet. */
	get isMissing(): boolean {
		return this.#isMissing;
	}

	/** What a query of `sql/usage` brought; undefined: that is not known yet, and has to be. */
	find(name: string, values: Readonly<Record<string, Value>> = {}): Found | undefined {
		const found = this.findLater(name, values);
		this.#isMissing ||= found === undefined;
		return found;
	}

	/** The same for what there is a report without. */
	findLater(name: string, values: Readonly<Record<string, Value>> = {}): Found | undefined {
		const question = { query: `usage/${name}`, values, everyMs };
		this.#questions.push(question);
		const reading = answerTo(this.#answers, question);
		const rows = rowsOf(reading);
		if (rows) return { rows };
		if (reading.kind === 'unavailable') return { why: reading.reason };
		if (reading.kind === 'failed') {
			const { sentence, sqlstate } = reading.failure;
			if (sqlstate !== undefined && sqlstates.queryCanceled.has(sqlstate)) {
				return { why: 'the server stopped it at its time limit; choose fewer days', sqlstate };
			}
			return { why: sentence, ...(sqlstate !== undefined && { sqlstate }) };
		}
		return undefined;
	}

	/**
	 * The rows of a query that there is no going on without; undefined: not known yet.
	 * @param what begins the sentence, such as `the hourly rollup can't be read`
	 * @throws TidemarkError of kind `query`
	 */
	need(
		what: string,
		name: string,
		values: Readonly<Record<string, Value>> = {},
	): readonly Row[] | undefined {
		const found = this.find(name, values);
		if (found === undefined || 'rows' in found) return found?.rows;
		throw new TidemarkError('query', `${what}: ${found.why}`, {
			...(found.sqlstate !== undefined && { sqlstate: found.sqlstate }),
		});
	}
}

/** Usage that is watched is read this often: it is dearer than a sample and changes slower. */
const everyMs = 30_000;
