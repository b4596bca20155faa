import type { Sampler } from '../catalog/sampler.ts';
import type { Value } from '../postgres/transaction.ts';
import type { Reading } from './reading.ts';

/** One query of those that take parameters, with their values. */
export type Question = {
	/** `pack/name` of a file in sql, or `pack/name.variant` where only that one will do. */
	readonly query: string;
	/** By the names of the header; one that is left out is null. */
	readonly values?: Readonly<Record<string, Value>>;
	/** While it is watched it is asked this often, in ms; absent: as often as the samplers. */
	readonly everyMs?: number;
};

/** What became of each question, by {@link keyOf}. */
export type Answers = ReadonlyMap<string, Reading>;

/** The same for questions that ask the same. */
export const keyOf = ({ query, values = {} }: Question): string =>
	JSON.stringify([query, ...Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

/** What is known of a question. */
export const answerTo = (answers: Answers, question: Question): Reading =>
	answers.get(keyOf(question)) ?? { kind: 'pending' };

/**
 * The values of a question in the order of the query's parameters.
 * @throws RangeError for a value that the query has no parameter for, or one that may not be null
 */
export function boundValues(query: Sampler, { values = {} }: Question): readonly Value[] {
	const extra = Object.keys(values).find(
		(name) => !query.parameters.some((parameter) => parameter.name === name),
	);
	if (extra !== undefined) throw new RangeError(`${query.id} has no parameter ${extra}`);
	return query.parameters.map(({ name, isNullable }) => {
		const value = values[name] ?? null;
		if (value === null && !isNullable)
			throw new RangeError(`${query.id} needs a value for ${name}`);
		return value;
	});
}
