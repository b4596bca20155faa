/** What is read is not what a sample is written as; the message says what, not where. */
export class NotASample extends Error {}

/** Makes text fit to be shown; a recording may come from anybody. */
export type Clean = (text: string) => string;

/** @throws NotASample, as all of these */
export function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
		return value as Readonly<Record<string, unknown>>;
	}
	throw new NotASample(`has something else in the place of ${what}`);
}

export function listOf(value: unknown, what: string): readonly unknown[] {
	if (Array.isArray(value)) return value;
	throw new NotASample(`has something else in the place of ${what}`);
}

/** JSON has null for what is not a number. */
export function numberOf(value: unknown): number {
	if (value === null) return Number.NaN;
	if (typeof value === 'number') return value;
	throw new NotASample('has something else in the place of a number');
}

export function numbersOf(value: unknown, count: number): readonly number[] {
	const list = listOf(value, 'numbers');
	if (list.length !== count) throw new NotASample('has too few or too many numbers');
	return list.map(numberOf);
}

export function textOf(value: unknown, clean: Clean): string {
	if (typeof value === 'string') return clean(value);
	throw new NotASample('has something else in the place of text');
}

export const textsOf = (value: unknown, clean: Clean): readonly string[] =>
	listOf(value, 'texts').map((each) => textOf(each, clean));
