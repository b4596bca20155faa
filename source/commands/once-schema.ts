import { schemaVersion } from './once-document.ts';

const nullable = (type: string, more: object = {}) => ({ type: [type, 'null'], ...more });
const object = (properties: Record<string, object>, description?: string) => ({
	type: 'object',
	...(description && { description }),
	properties,
	required: Object.keys(properties),
	additionalProperties: false,
});
const text = { type: 'string' };
const flag = { type: 'boolean' };

const live = object(
	{
		state: { const: 'live' },
		host: text,
		port: { type: 'integer' },
		user: text,
		database: text,
		version: { type: 'string', description: 'Of the server, such as 17.6.' },
		isStandby: flag,
		isTls: flag,
		isPooled: flag,
	},
	'The server that was asked.',
);

const lost = object(
	{
		state: { const: 'lost' },
		failure: {
			type: 'string',
			description: 'The class of failure: name, refused, tls, password, …',
		},
		sentence: text,
	},
	'Nothing could be asked; the exit status is 1.',
);

const time = nullable('string', {
	description: 'ISO 8601 in UTC, by the clock of the server; null when unknown.',
});

const cell = {
	type: ['string', 'number', 'boolean', 'null'],
	description:
		'By the type of its column. integer: a number, or a string of digits beyond ±(2^53 - 1). number: a number, or "NaN", "Infinity", "-Infinity". timestamp: ISO 8601 in UTC, or "infinity", "-infinity". text, boolean: as they are. null: SQL NULL.',
};

const sampler = object({
	id: { type: 'string', description: 'pack/name' },
	pack: text,
	panel: text,
	title: text,
	state: {
		enum: ['ok', 'empty', 'stale', 'failed', 'unavailable', 'pending'],
		description:
			'ok: rows; empty: none; failed: see reason; unavailable: not in this database, see reason; pending: not asked.',
	},
	at: time,
	ageSeconds: nullable('number', { minimum: 0 }),
	serverMs: nullable('number', { description: 'What it took on the server.' }),
	reason: nullable('string'),
	sqlstate: nullable('string', { pattern: '^[0-9A-Z]{5}$' }),
	columns: {
		type: 'array',
		items: object({
			name: text,
			type: { enum: ['text', 'integer', 'number', 'boolean', 'timestamp'] },
		}),
	},
	rows: nullable('array', {
		description: 'null: unknown, which is not the same as none.',
		items: { type: 'object', additionalProperties: cell },
	}),
});

const verdict = object({
	signal: text,
	subject: { type: 'string', description: 'Such as a pipeline; empty where there is only one.' },
	panel: text,
	severity: { enum: ['ok', 'unknown', 'warn', 'critical'] },
	sentence: nullable('string'),
});

/** The shape of what `tidemark once --json` prints, as JSON Schema. */
export const onceSchema = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	$id: `urn:tidemark:once:${schemaVersion}`,
	title: 'tidemark once --json',
	description:
		'One sample of a database. schemaVersion goes up when a reader of the old shape could break; new samplers, signals and columns come without.',
	...object({
		schemaVersion: { const: schemaVersion },
		tidemark: { type: 'string', description: 'The version of tidemark.' },
		takenAt: time,
		connection: { oneOf: [live, lost] },
		samplers: { type: 'array', items: sampler },
		verdicts: {
			type: 'array',
			description: 'As tidemark check judges, worst first.',
			items: verdict,
		},
	}),
};
