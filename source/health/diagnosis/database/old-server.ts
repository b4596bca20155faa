import type { FaultCheck } from '../check.ts';
import { clue } from '../finding.ts';

/** The oldest major version that everything here runs on: `pg_locks.waitstart` came with it. */
export const oldestMajorVersion = 14;

/** The server is older than what tidemark needs. */
export const oldServer: FaultCheck = {
	fault: 'old-server',
	title: 'Postgres is too old',
	symptom: 'Parts of the console stay empty, with an error about a missing column or function.',
	cause: `tidemark reads what Postgres shows since version ${oldestMajorVersion}; older ones get no fixes from their makers either.`,
	shows: 'show server_version;',
	fix: 'Upgrade the server.',
	demo: 'old-server',
	asks: [],
	find({ snapshot }) {
		const version = snapshot.identity?.version;
		const major = Number.parseInt(version ?? '', 10);
		if (version === undefined || Number.isNaN(major) || major >= oldestMajorVersion) return [];
		return [
			{
				fault: 'old-server',
				subject: '',
				severity: 'warn',
				confidence: 'certain',
				sentence: `Postgres ${version} is too old: who holds a lock and since when shows from version ${oldestMajorVersion} on`,
				clues: clue('version', version),
				since: undefined,
				explains: [{ fault: 'sampler-fails' }],
				next: [{ say: `Upgrade to Postgres ${oldestMajorVersion} or newer.` }],
			},
		];
	},
};
