/** A whole number that may be past 2^53: a sum of tokens. */
export type Whole = number | bigint;

/** Digits as a number where it is exact, else as a bigint. */
export function wholeOf(text: string): Whole {
	const value = Number(text);
	return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** `a - b`, exactly. */
export const minus = (a: Whole, b: Whole): Whole => wholeOf(String(BigInt(a) - BigInt(b)));

/** `a + b`, exactly. */
export const plus = (a: Whole, b: Whole): Whole => wholeOf(String(BigInt(a) + BigInt(b)));

/** JSON of a value; a whole number past 2^53 becomes a string of its digits. */
export const jsonOf = (value: unknown): string =>
	JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
