import * as v from 'valibot';
import { defaultThresholds } from '../health/thresholds.ts';
import { boundForms, parseBound } from './bounds.ts';
import { labelColors, noSuchKey, type Setting, settings } from './settings.ts';
import { text } from './value-schemas.ts';

/** An object of these keys and no others; each is optional, and each wrong one is a fault of its own. */
const known = (entries: v.ObjectEntries) =>
	v.pipe(
		v.custom<object>((value) => !Array.isArray(value), 'is an object: { … }'),
		v.objectWithRest(
			Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, v.optional(schema)])),
			v.never(noSuchKey),
			'is an object: { … }',
		),
	);

const boundOf = (signal: keyof typeof defaultThresholds) => {
	const { unit } = defaultThresholds[signal];
	return v.pipe(
		v.unknown(),
		v.check((given) => parseBound(given, unit) !== undefined, boundForms[unit]),
	);
};

const thresholds = known(
	Object.fromEntries(
		Object.keys(defaultThresholds).map((name) => {
			const bound = boundOf(name as keyof typeof defaultThresholds);
			return [name, known({ warn: bound, critical: bound })];
		}),
	),
);

/** What may be said for all targets, and again for one. */
const general = {
	...Object.fromEntries(
		Object.values<Setting>(settings).map(({ file, schema }) => [file, schema] as const),
	),
	thresholds,
};

const place = v.pipe(text, v.minLength(1, 'must not be empty'));

/** How a target is reached: a URL, or a service, or the parts of an address. */
export const connectionKeys = ['url', 'service', 'host', 'port', 'database', 'user'] as const;

const targetEntries = {
	url: place,
	service: place,
	host: place,
	port: v.pipe(
		v.number('is a number'),
		v.check((port) => Number.isInteger(port) && port > 0 && port <= 65_535, 'is from 1 to 65535'),
	),
	database: place,
	user: place,
	color: v.picklist(labelColors, `is one of ${labelColors.join(', ')}`),
	production: v.boolean('is true or false'),
	...general,
};

const fileEntries = {
	...general,
	targets: v.record(
		v.pipe(
			v.string(),
			v.regex(/^[a-z0-9][\w.-]{0,39}$/i, 'has a name of letters, digits, _ . and -'),
		),
		known(targetEntries),
		'is an object of targets by name',
	),
};

/** The whole file. */
export const fileSchema = known(fileEntries);

/** The keys that an object of the file may have, by the path of the object; undefined: any. */
export function keysAt(path: readonly (string | number)[]): readonly string[] | undefined {
	const [first, , ...rest] = path;
	if (first === 'targets') {
		if (path.length === 1) return undefined;
		if (rest.length === 0) return Object.keys(targetEntries);
		return keysAt(rest);
	}
	if (path.length === 0) return Object.keys(fileEntries);
	if (first === 'panels') return ['order', 'hidden'];
	if (first === 'thresholds') {
		return path.length === 1 ? Object.keys(defaultThresholds) : ['warn', 'critical'];
	}
	return undefined;
}
