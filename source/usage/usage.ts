import type { Row } from '../sampling/reading.ts';

/** What was used. Sums can be longer than a number is exact. */
export type Usage = {
	readonly inputTokens: bigint;
	readonly outputTokens: bigint;
	readonly cacheReadTokens: bigint;
	readonly cacheWriteTokens: bigint;
	/** Rows of usage: one for each task and model. */
	readonly events: bigint;
};

/** Its parts, in the order in which they are shown. */
export const usageParts = [
	'inputTokens',
	'outputTokens',
	'cacheReadTokens',
	'cacheWriteTokens',
	'events',
] as const satisfies readonly (keyof Usage)[];

export const noUsage: Usage = {
	inputTokens: 0n,
	outputTokens: 0n,
	cacheReadTokens: 0n,
	cacheWriteTokens: 0n,
	events: 0n,
};

const columns: Readonly<Record<keyof Usage, string>> = {
	inputTokens: 'input_tokens',
	outputTokens: 'output_tokens',
	cacheReadTokens: 'cache_read_tokens',
	cacheWriteTokens: 'cache_write_tokens',
	events: 'event_count',
};

const made = (part: (name: keyof Usage) => bigint): Usage =>
	Object.fromEntries(usageParts.map((name) => [name, part(name)])) as Usage;

/** The usage in a row of a query of `sql/usage`. */
export const usageOf = (row: Row): Usage =>
	made((name) => {
		const cell = row[columns[name]];
		return typeof cell === 'bigint' || typeof cell === 'number' ? BigInt(cell) : 0n;
	});

export const addUsage = (a: Usage, b: Usage): Usage => made((name) => a[name] + b[name]);

export const subtractUsage = (a: Usage, b: Usage): Usage => made((name) => a[name] - b[name]);

export const isSameUsage = (a: Usage, b: Usage): boolean =>
	usageParts.every((name) => a[name] === b[name]);

/** Tokens of all four kinds. */
export const allTokens = (usage: Usage): bigint =>
	usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;

/** The sum of any number of usages. */
export const sumUsage = (all: Iterable<Usage>): Usage => [...all].reduce(addUsage, noUsage);
