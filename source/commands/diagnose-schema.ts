import { faultNames } from '../health/diagnosis/fault-names.ts';
import { signalNames } from '../health/thresholds.ts';
import { diagnosisVersion } from './diagnose-document.ts';

const text = { type: 'string' };
const object = (properties: Record<string, object>) => ({
	type: 'object',
	properties,
	required: Object.keys(properties),
	additionalProperties: false,
});
const list = (items: object, description?: string) => ({
	type: 'array',
	items,
	...(description && { description }),
});
const time = {
	type: ['string', 'null'],
	description: 'ISO 8601 in UTC, by the clock of the server; null when unknown.',
};

const severity = {
	enum: ['note', 'warn', 'critical'],
	description: 'A note explains what somebody may wonder about, and is no alarm.',
};

const step = object({
	say: { type: 'string', description: 'An imperative sentence.' },
	command: {
		type: ['string', 'null'],
		description: 'A command line of tidemark that does it, if there is one.',
	},
	sql: { type: ['string', 'null'], description: 'A statement to copy, if there is one.' },
});

const finding = {
	fault: { enum: faultNames, description: 'The name of its section in docs/runbook.md.' },
	subject: { type: 'string', description: 'Such as a pipeline; empty: one, or more than one.' },
	severity,
	confidence: {
		enum: ['certain', 'likely', 'possible'],
		description: 'No other reading; hardly another; there may be others.',
	},
	sentence: text,
	since: time,
	evidence: list(object({ label: text, value: text })),
	next: list(step),
};

const verdict = {
	signal: { enum: signalNames },
	subject: text,
	severity: { enum: ['warn', 'critical'] },
	sentence: text,
};

/** The shape of `tidemark diagnose --json`, as JSON Schema. */
export const diagnosisSchema = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	title: 'tidemark diagnose --json',
	...object({
		schemaVersion: { const: diagnosisVersion },
		tidemark: { type: 'string', description: 'The version of the program.' },
		takenAt: time,
		findings: list(
			object({
				...finding,
				explains: object({ findings: list(object(finding)), verdicts: list(object(verdict)) }),
			}),
			'Causes, worst first; what one explains is folded into it.',
		),
		unexplained: list(
			object({ ...verdict, since: time }),
			'What the thresholds say and no finding accounts for.',
		),
		facts: list(
			object({ topic: text, text }),
			'How things stand, also where all is well: who ticks, what watching costs.',
		),
		gaps: list(object({ evidence: text, reason: text }), 'Evidence that could not be had.'),
		evidenceServerMs: { type: 'number', minimum: 0 },
	}),
};
