import * as v from 'valibot';
import type { Column, IndexWish, Need, Parameter, ServerRange } from './sampler.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `500ms`, `8s`, `5m` → ms. */
export const durationMs = v.pipe(
	v.string(),
	v.regex(/^\d+(ms|s|m)$/, 'is written like 500ms, 8s or 5m'),
	v.transform((text) => Number.parseInt(text, 10) * (units[text.replace(/^\d+/, '')] ?? 1)),
	v.minValue(1, 'must be more than nothing'),
);

const word = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]*$/, 'is one lower-case word'));
const sentence = v.pipe(v.string(), v.minLength(1, 'must not be empty'));
const metricName = v.pipe(
	v.string(),
	v.regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'is not a Prometheus metric name'),
);
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Splits at commas that stand outside of parentheses and quotes. */
export const splitList = (text: string): string[] =>
	text
		.split(/,(?![^()]*\))(?=(?:[^"]*"[^"]*")*[^"]*$)/)
		.map((part) => part.trim())
		.filter((part) => part !== '');

function parseTable(text: string): IndexWish | undefined {
	const [, table, columns = ''] = /^("?[\w.]+"?)(?:\(([\w, ]*)\))?$/.exec(text) ?? [];
	return table === undefined ? undefined : { table, columns: splitList(columns) };
}

function parseNeed(text: string): Need | undefined {
	const asFunction = /^function ([\w.]+\([\w ,.[\]]*\))$/.exec(text);
	if (asFunction?.[1]) return { kind: 'function', signature: asFunction[1] };
	const table = parseTable(text);
	return table && { kind: 'table', ...table };
}

function parseColumn(text: string): Column | undefined {
	const match = /^(\w+) (text|integer|number|boolean|timestamp|date)$/.exec(text);
	return match?.[1] ? { name: match[1], type: match[2] as Column['type'] } : undefined;
}

function parseParameter(text: string): (Parameter & { readonly place: number }) | undefined {
	const [, place, name = '', type = '', nullable] =
		/^\$(\d+) (\w+) (\w+(?:\[\])?)( or null)?$/.exec(text) ?? [];
	if (place === undefined) return undefined;
	return { place: Number(place), name, type, isNullable: nullable !== undefined };
}

function parseServer(text: string): ServerRange | undefined {
	const match = /^(?:>=(\d+))? ?(?:<(\d+))?$/.exec(text);
	if (!match || (!match[1] && !match[2])) return undefined;
	return {
		...(match[1] && { min: Number(match[1]) }),
		...(match[2] && { below: Number(match[2]) }),
	};
}

/** Labels as columns (`source`) or as a name with one value (`window="5m"`). */
export type Labels = {
	readonly labels: readonly string[];
	readonly constantLabels: Readonly<Record<string, string>>;
};

function parseLabels(text: string): Labels | undefined {
	const labels: string[] = [];
	const constantLabels: Record<string, string> = {};
	for (const part of splitList(text)) {
		const [, name = '', value] = /^(\w+)(?:="([^"\\]*)")?$/.exec(part) ?? [];
		if (!labelName.test(name)) return undefined;
		if (value === undefined) labels.push(name);
		else constantLabels[name] = value;
	}
	return { labels, constantLabels };
}

const list = <T>(parse: (text: string) => T | undefined, message: string) =>
	v.pipe(
		v.string(),
		v.transform((text) => splitList(text).map(parse)),
		v.check((items) => items.length > 0 && !items.includes(undefined), message),
		v.transform((items) => items as T[]),
	);

const single = <T>(parse: (text: string) => T | undefined, message: string) =>
	v.pipe(
		v.string(),
		v.transform(parse),
		v.check((value) => value !== undefined, message),
		v.transform((value) => value as T),
	);

/** Every key a header may have, with the check and the meaning of its value. */
export const headerKeys = {
	title: sentence,
	panel: word,
	every: durationMs,
	timeout: durationMs,
	'max-rows': v.pipe(
		v.string(),
		v.regex(/^\d+$/, 'is a whole number'),
		v.transform(Number),
		v.minValue(1, 'is at least 1'),
		v.maxValue(1000, 'is at most 1000'),
	),
	needs: list(parseNeed, 'is a list of table(column, …) or function name(type, …)'),
	index: single(parseTable, 'is written table(column, …)'),
	server: single(parseServer, 'is written like >=15, <17 or >=14 <17'),
	columns: list(parseColumn, 'is a list of: name text|integer|number|boolean|timestamp|date'),
	parameters: v.pipe(
		list(parseParameter, 'is a list of: $1 name type, or $1 name type or null'),
		v.check((all) => all.every(({ place }, at) => place === at + 1), 'counts up from $1'),
		v.transform((all) => all.map(({ place: _, ...parameter }): Parameter => parameter)),
	),
	metric: metricName,
	type: v.picklist(['gauge', 'counter', 'histogram'], 'is gauge, counter or histogram'),
	labels: single(parseLabels, 'is a list of column names or name="value"'),
	value: word,
	buckets: v.pipe(
		v.string(),
		v.transform((text) => text.split(/\s+/).map(Number)),
		v.check(
			(bounds) => bounds.every((bound, at) => bound > (bounds[at - 1] ?? Number.NEGATIVE_INFINITY)),
			'is a list of ascending numbers',
		),
	),
	help: sentence,
	why: sentence,
} as const;

/** A key that a header may have. */
export type HeaderKey = keyof typeof headerKeys;

/** The decoded value of a key. */
export type HeaderValue<Key extends HeaderKey> = v.InferOutput<(typeof headerKeys)[Key]>;

/** Decodes one value; a string is the reason why not. */
export function decodeValue<Key extends HeaderKey>(
	key: Key,
	text: string,
): { readonly value: HeaderValue<Key> } | { readonly reason: string } {
	const result = v.safeParse(headerKeys[key], text);
	if (result.success) return { value: result.output as HeaderValue<Key> };
	return { reason: `${key} ${result.issues[0].message}` };
}
