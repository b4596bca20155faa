import { groupings, sourceNames } from '../usage/names.ts';
import { usageParts } from '../usage/usage.ts';
import { usageVersion } from './usage-document.ts';

const text = { type: 'string' };
const flag = { type: 'boolean' };
const orNull = (type: string, description?: string) => ({
	type: [type, 'null'],
	...(description && { description }),
});
const object = (properties: Record<string, object>, description?: string) => ({
	type: 'object',
	...(description && { description }),
	properties,
	required: Object.keys(properties),
	additionalProperties: false,
});
const either = (shape: object, description: string) => ({
	description,
	oneOf: [shape, { type: 'null' }],
});

const day = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\d$' };
const dayOrNull = { ...day, type: ['string', 'null'] };
const count = {
	type: ['integer', 'string'],
	pattern: '^-?\\d+$',
	description: 'A number, or a string of digits beyond ±(2^53 - 1).',
};
const usage = object(Object.fromEntries(usageParts.map((name) => [name, count])));
const source = { enum: [...sourceNames] };

/** What every row has, whatever it is about. */
const measures = {
	usage,
	other: either(usage, 'The same from what it is compared with; null: not compared.'),
	rawMinusRollup: either(usage, 'What raw usage has more than the rollup, part by part.'),
	isFinal: orNull(
		'boolean',
		'False while the day lasts, or the rollup has not got past it; null: not about days.',
	),
	taskStarts: orNull('integer', 'By hour only; null: not known.'),
};

const rows = {
	oneOf: [
		object({
			day,
			hours: { type: 'number', description: '23 or 25 where clocks change.' },
			...measures,
		}),
		object({
			week: { type: 'string', description: 'ISO 8601.' },
			first: day,
			last: day,
			...measures,
		}),
		object(
			{ id: text, name: orNull('string'), model: text, ...measures },
			'An agent with a model.',
		),
		object({ provider: text, model: text, ...measures }),
		object(
			{ hour: { type: 'integer', minimum: 0, maximum: 23 }, ...measures },
			'All days together.',
		),
	],
};

/** The shape of what `tidemark usage --json` prints, as JSON Schema. */
export const usageSchema = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	$id: `urn:tidemark:usage:${usageVersion}`,
	title: 'tidemark usage --json',
	description:
		'Usage of everybody, a workspace or a runtime. schemaVersion goes up when a reader of the old shape could break, also at a new value where all are listed. Since 2, zone.origin may be settings.',
	...object({
		schemaVersion: { const: usageVersion },
		tidemark: { type: 'string', description: 'The version of tidemark.' },
		takenAt: { type: 'string', description: 'ISO 8601 in UTC, by the clock of the server.' },
		subject: object({
			kind: { enum: ['all', 'runtime', 'workspace'] },
			id: orNull('string'),
			name: orNull('string', 'null: it has none, or it may not be read.'),
		}),
		zone: object(
			{
				name: text,
				origin: { enum: ['asked', 'user', 'settings', 'terminal', 'utc', 'daily-rollup'] },
			},
			'Whose days and hours these are.',
		),
		span: object({ first: day, last: day, today: day }, 'Both ends are included.'),
		source: object({
			name: source,
			isAsked: flag,
			reason: { type: 'string', description: 'Why this source.' },
			watermarkAt: orNull(
				'string',
				'Up to when the rollup that is read, or compared with, has got; ISO 8601 in UTC.',
			),
		}),
		comparison: object(
			{
				with: { enum: [...sourceNames, null] },
				first: dayOrNull,
				last: dayOrNull,
				usage: either(usage, 'From the source, over these days.'),
				other: either(usage, 'From what it is compared with.'),
				reason: orNull('string', 'Why there is no comparison.'),
				severity: { enum: ['ok', 'warn', 'critical', 'unknown'] },
				sentence: text,
			},
			'How far rollup and raw usage agree.',
		),
		total: usage,
		by: { enum: [...groupings] },
		isCut: { type: 'boolean', description: 'There are more rows; the total has them.' },
		rows: { type: 'array', items: rows },
		heatMap: either(
			object({
				isFolded: {
					type: 'boolean',
					description: 'A line is all days with the weekday of its day.',
				},
				lines: {
					type: 'array',
					items: object({
						day,
						usage: { type: 'array', items: usage, minItems: 24, maxItems: 24 },
						taskStarts: { type: ['array', 'null'], items: { type: 'integer' } },
					}),
				},
			}),
			'With --by hour: hours from 0 to 23 of each day, or of each day of the week.',
		),
		notes: {
			type: 'array',
			items: text,
			description: 'What makes these numbers less exact than they look.',
		},
	}),
};
