import { formatCount, formatPlural } from '../../../lib/format.ts';
import type { SamplerFailure } from '../../../sampling/reading.ts';
import type { FaultCheck } from '../check.ts';
import { clue, type NextStep } from '../finding.ts';

const named = 5;

type Failing = { readonly id: string; readonly failure: SamplerFailure; readonly failures: number };

/** Samplers that fail again and again. */
export const samplerFails: FaultCheck = {
	fault: 'sampler-fails',
	title: 'A sampler fails',
	symptom: 'A panel is marked stale, its numbers grow old.',
	cause:
		'The server cancels the query after its limit (a missing index, old statistics, a busy server), a lock keeps it waiting, or the schema has changed.',
	shows: "The reading of the sampler: the server's error and its SQLSTATE.",
	fix: 'By the error: build the index, analyse the table, raise --statement-timeout, or mend the sampler file.',
	demo: 'lock-queue',
	asks: [],
	find({ snapshot, thresholds }) {
		const { warn, critical } = thresholds['sampler-failing'];
		const failing: Failing[] = [...snapshot.readings].flatMap(([id, reading]) =>
			(reading.kind === 'failed' || reading.kind === 'stale') && reading.failures >= (warn?.at ?? 1)
				? [{ id, failure: reading.failure, failures: reading.failures }]
				: [],
		);
		const groups = Map.groupBy(failing, ({ failure }) => failure.sqlstate ?? failure.sentence);
		return [...groups.values()].map((group) => {
			const [first] = group;
			const most = Math.max(...group.map(({ failures }) => failures));
			const isOne = group.length === 1;
			return {
				fault: 'sampler-fails',
				subject: isOne ? (first?.id ?? '') : (first?.failure.sqlstate ?? ''),
				// Causes elsewhere know what the server says, not which samplers there are.
				about: [first?.failure.sqlstate ?? first?.id ?? ''],
				severity: critical && most >= critical.at ? 'critical' : 'warn',
				confidence: 'certain',
				sentence: `${isOne ? `sampler ${first?.id}` : formatPlural(group.length, 'sampler')} failed ${most === 1 ? 'once' : `${formatCount(most)} times in a row`}: ${first?.failure.sentence ?? ''}`,
				clues: [
					...group.slice(0, named).flatMap(({ id, failure }) => clue(id, failure.sentence)),
					...clue('SQLSTATE', first?.failure.sqlstate),
				],
				since: undefined,
				explains: group.map(({ id }) => ({ signal: 'sampler-failing', subject: id }) as const),
				next: [stepFor(first?.failure.sqlstate)],
			} as const;
		});
	},
};

function stepFor(sqlstate: string | undefined): NextStep {
	switch (sqlstate) {
		case '57014':
			return {
				say: 'Look for a missing index or old statistics above; else allow it more time with --statement-timeout 2s.',
			};
		case '55P03':
			return {
				say: 'See who locks the table.',
				sql: `select relation::regclass, mode, granted, pid from pg_locks where locktype = 'relation' and mode in ('AccessExclusiveLock', 'ExclusiveLock') order by granted desc;`,
			};
		case '42501':
			return { say: 'Grant the role what the error names; sql/roles.sql grants all of it.' };
		default:
			return { say: 'Mend what the error names: the schema, or the sampler file.' };
	}
}
