import type { CommandEntry } from './registry.ts';

const common = [
	'pipeline',
	'json',
	'yes',
	'dryRun',
	'wait',
	'timeout',
	'name',
	'readOnly',
] as const;

const exits = `Exit 0 done, 1 failed and rolled back, 2 wrong command line, 3 refused and nothing done, 4 stopped
half-way (what is finished stays; the command that goes on is printed), 5 verified and found wrong; 128 and
the number of a signal that ended it.
Every action leaves a receipt in $XDG_STATE_HOME/tidemark/receipts.jsonl.`;

/** The actions as commands. */
export const actionEntries: Readonly<Record<string, CommandEntry>> = {
	tick: {
		usage: 'tidemark tick [URL] [--pipeline NAME]',
		summary: 'one call of the tick function of a rollup pipeline',
		notes: `Takes the pipeline's lock first, so that the tick can't come back with nothing because another has it.
${exits}`,
		flags: [...common],
		examples: ['tidemark tick postgres://app@db-1/multica', 'tidemark tick --pipeline daily --yes'],
		load: async () => (await import('./tick.ts')).tick,
	},
	replay: {
		usage: 'tidemark replay [URL] --from TIME --to TIME [--by bucket|update]',
		summary: 'recomputes a span of a rollup, after showing what that changes',
		notes: `--by bucket (the default) makes the buckets of that time what raw says. --by update calls the window
function over what changed in that time, and so also consumes the queue up to its end.
The preview is the plan: what no longer holds when it is applied, under the lock, is not done.
${exits}`,
		flags: ['from', 'to', 'by', 'engine', 'plan', 'sleepBetweenSlices', ...common],
		examples: [
			'tidemark replay --from 2025-11-03 --to 2025-11-04 --dry-run',
			'tidemark replay --pipeline hourly --by update --from 3h --to now',
			'tidemark replay --from 2025-11-03 --to 2025-11-04 --plan 3f9a8c21d04be677 --yes',
		],
		load: async () => (await import('./replay.ts')).replay,
	},
	verify: {
		usage: 'tidemark verify [URL] [--from TIME] [--to TIME]',
		summary: 'compares every bucket with raw; writes nothing, takes no lock',
		notes: `The last seven days unless told otherwise. A difference is pending (queued, or newer than the watermark),
drift (raw differs) or ghost (nothing raw behind it).
${exits}`,
		flags: ['from', 'to', 'pipeline', 'json'],
		examples: ['tidemark verify', 'tidemark verify --pipeline daily --from 2025-10-01 --json'],
		load: async () => (await import('./verify.ts')).verify,
	},
	repair: {
		usage: 'tidemark repair [URL] [--from TIME] [--to TIME]',
		summary: 'enqueues exactly the drifted and ghost buckets, ticks, verifies again',
		notes: `The last seven days unless told otherwise.
${exits}`,
		flags: ['from', 'to', 'plan', ...common],
		examples: ['tidemark repair --dry-run', 'tidemark repair --from 30d'],
		load: async () => (await import('./repair.ts')).repair,
	},
	backfill: {
		usage: 'tidemark backfill [URL] [--dry-run] [--resume] [--engine function|direct]',
		summary: 'walks all usage month by month and stamps the watermark',
		notes: `Holds the pipeline's lock for the whole walk, other than when somebody waits for it or a replica falls
behind. A month that would hold it over 5 s is cut smaller, unless --by-month is given.
--engine direct recomputes by tidemark's own statement, if it agrees with the database's function on a
sample of buckets first.
${exits}`,
		flags: [
			'monthsBack',
			'forcePartial',
			'sleepBetweenSlices',
			'byMonth',
			'engine',
			'resume',
			...common,
		],
		examples: [
			'tidemark backfill --dry-run',
			'tidemark backfill --pipeline hourly --engine direct',
			'tidemark backfill --resume',
		],
		load: async () => (await import('./backfill.ts')).backfill,
	},
	prune: {
		usage: 'tidemark prune [URL] [--retention 7d]',
		summary: 'clears old invalidations out of a queue, if that loses none',
		notes: `Refuses while one of them is unconsumed and its bucket wrong, and names the replay that consumes them.
${exits}`,
		flags: ['retention', ...common],
		examples: ['tidemark prune --dry-run', 'tidemark prune --pipeline hourly --retention 14d'],
		load: async () => (await import('./prune.ts')).prune,
	},
};
