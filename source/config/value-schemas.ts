import * as v from 'valibot';
import { durationMs } from '../catalog/values.ts';
import { isZone } from '../lib/zone.ts';
import type { ListenAddress } from './settings.ts';

/** What is of another type than a setting's is told so, and never repeated. */
export const text = v.string('is text in quotes');
export const yesOrNo = v.boolean('is true or false');

export const between = (minMs: number, maxMs: number, words: string) =>
	v.pipe(
		text,
		durationMs,
		v.check((ms) => ms >= minMs && ms <= maxMs, `is between ${words}`),
	);

export const listenAddress = v.pipe(
	text,
	v.regex(
		/^(?:(?:(?:[^\s:[\]]+|\[[0-9a-fA-F:.]+\]):)?\d{1,5})?$/,
		'is written [host:]port, like 9187',
	),
	v.transform((given): ListenAddress | undefined => {
		if (given === '') return undefined;
		const at = given.lastIndexOf(':');
		const host = at < 0 ? '127.0.0.1' : given.slice(0, at).replace(/^\[|\]$/g, '');
		return { host, port: Number(given.slice(at + 1)) };
	}),
	v.check((address) => (address?.port ?? 0) <= 65_535, 'has a port of at most 65535'),
);

/** The product's variable is a number of seconds; a unit is understood too. */
export const secondsOrDuration = v.pipe(
	text,
	v.transform((given) =>
		/^\d+(\.\d+)?$/.test(given) ? `${Math.round(Number(given) * 1000)}ms` : given,
	),
	between(250, 3_600_000, '250ms and 60m'),
);

export const timeZone = v.pipe(
	text,
	v.check((name) => name === '' || isZone(name), 'is a time zone such as Europe/Berlin or UTC'),
);

/** A share of one processor; more than a tenth is no background any more. */
export const share = v.pipe(
	text,
	v.regex(/^\d{1,2}(\.\d{1,3})?%?$/, 'is a share such as 2%, or 0 for off'),
	v.transform((given) => Number(given.replace('%', '')) / 100),
	v.check((value) => value <= 0.1, 'is at most 10%'),
);

/** As PromQL writes them; nothing else may follow. */
export const matchers = v.pipe(
	text,
	v.regex(
		/^(?:[a-zA-Z_]\w*(?:=~|!~|!=|=)"(?:[^"\\\n]|\\.)*"(?:,(?!$)|$))*$/,
		'is written like job="multica",instance="db-1:9788"',
	),
);

/** Settings are printed, by `tidemark config` too. */
export const withoutPassword = v.pipe(
	text,
	v.check(
		(url) => !url.includes('@'),
		'is refused: it holds a password or a user, put them into the file of prometheusAuthFile',
	),
);

export const panelNames = v.array(
	v.pipe(text, v.regex(/^[a-z][a-z0-9_-]*$/, 'is the name of a panel, one lower-case word')),
	'is a list of names of panels',
);
