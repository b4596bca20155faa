import { formatPlural } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { identifier } from '../evidence.ts';
import { clue } from '../finding.ts';

const named = 5;

/** Samplers that this role may not run. */
export const samplerDenied: FaultCheck = {
	fault: 'sampler-denied',
	title: 'The role may not read what it watches',
	symptom: 'Parts of the console say "no privilege".',
	cause:
		'The role that tidemark connects as lacks SELECT on a table, EXECUTE on a function or USAGE of a schema.',
	shows: 'The reading of each sampler: unavailable, "no privilege: GRANT …".',
	fix: 'Grant what is named; sql/roles.sql grants all of it.',
	demo: 'sampler-denied',
	asks: [],
	find({ snapshot }) {
		const denied = [...snapshot.readings].flatMap(([id, reading]) =>
			reading.kind === 'unavailable' && reading.reason.startsWith('no privilege')
				? [{ id, grant: reading.reason.replace(/^no privilege: /, '') }]
				: [],
		);
		if (denied.length === 0) return [];
		const user = snapshot.identity?.user ?? 'this role';
		const grants = [...new Set(denied.map(({ grant }) => grant))];
		return [
			{
				fault: 'sampler-denied',
				subject: '',
				severity: 'warn',
				confidence: 'certain',
				sentence: `${user} may not read what ${formatPlural(denied.length, 'sampler')} need${denied.length === 1 ? 's' : ''}: what they show is unknown, not zero`,
				clues: [
					...denied.slice(0, named).flatMap(({ id, grant }) => clue(id, grant)),
					...clue('and', denied.length > named ? `${denied.length - named} more` : undefined),
				],
				since: undefined,
				explains: [],
				next: [
					{
						say: 'As owner of the tables, grant it.',
						sql: grants
							.map((grant) => `${grant.replace('to this role', `to ${identifier(user)}`)};`)
							.join(' '),
					},
					...(denied.length > named
						? [
								{
									say: 'Or give it all that watching needs: run what this prints.',
									command: 'roles',
								},
							]
						: []),
				],
			},
		];
	},
};
