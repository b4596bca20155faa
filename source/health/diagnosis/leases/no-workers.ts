import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import { leasesOf } from '../../../sampling/panels.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn, textIn } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';

/** Ready runs, and no worker holds a lease. */
export const noWorkers: FaultCheck = {
	fault: 'no-workers',
	title: 'Ready runs and no worker',
	symptom: 'Runs stay QUEUED past their time; nothing is RUNNING.',
	cause:
		'No worker takes runs: all are stopped or crashed, or they are up and cannot claim (wrong database, wrong queue, a claim that fails).',
	shows:
		"runs: status 'QUEUED' with run_at in the past, none RUNNING with a lease in the future; workers.last_heartbeat_at is old.",
	fix: 'Start the workers. If their heartbeats are fresh, read their log: they live and cannot claim.',
	demo: 'no-workers',
	asks: ['lease/workers'],
	find(input) {
		const { isPresent, data } = leasesOf(input.snapshot);
		const { ready, active, longestWaitSeconds = 0 } = data;
		if (!isPresent || ready === undefined || active === undefined) return [];
		if (Number(ready) === 0 || Number(active) > 0) return [];
		const workers = workersOf(input);
		// A worker between two runs holds no lease either: only time tells.
		const { critical } = input.thresholds['no-active-lease'];
		const isLong = longestWaitSeconds >= (critical?.forMs ?? 300_000) / 1000;
		if (!isLong && !(workers.alive === 0 && longestWaitSeconds >= 60)) return [];
		return [finding(input, workers, { ready: Number(ready), longestWaitSeconds, isLong })];
	},
};

/** The table of workers; everything is unknown where there is none. */
type Workers = {
	readonly known: number | undefined;
	readonly alive: number | undefined;
	/** Of the one that was heard last. */
	readonly silentSeconds: number | undefined;
	readonly lastHeard: string;
};

function workersOf(input: DiagnosisInput): Workers {
	const rows = evidenceRows(input, 'lease/workers');
	const [first] = rows ?? [];
	return {
		known: numberIn(first, 'known'),
		alive: rows && (numberIn(first, 'alive') ?? 0),
		silentSeconds: numberIn(first, 'silent_seconds'),
		lastHeard: textIn(first, 'worker') ?? 'a worker',
	};
}

type Waiting = {
	readonly ready: number;
	readonly longestWaitSeconds: number;
	readonly isLong: boolean;
};

function finding(
	input: DiagnosisInput,
	{ known, alive, silentSeconds, lastHeard }: Workers,
	{ ready, longestWaitSeconds, isLong }: Waiting,
): Finding {
	const heard = silentSeconds === undefined ? undefined : `${formatAge(silentSeconds)} ago`;
	const who =
		alive === undefined
			? ', and no worker holds a lease'
			: alive > 0
				? `: ${formatPlural(alive, 'worker')} beat but take nothing`
				: `, and no worker is alive${heard === undefined ? '' : `: the last was heard ${heard}`}`;
	return {
		fault: 'no-workers',
		subject: '',
		severity: isLong ? 'critical' : 'warn',
		confidence: alive === 0 && known ? 'certain' : 'likely',
		sentence: `${formatPlural(ready, 'run')} ready, the oldest for ${formatAge(longestWaitSeconds)}${who}`,
		clues: [
			...clue(
				'workers',
				known === undefined
					? 'not recorded here'
					: `${formatCount(alive ?? 0)} of ${formatCount(known)} alive`,
			),
			...clue('last heard', heard && `${lastHeard}, ${heard}`),
		],
		since: agoAt(input, Math.min(silentSeconds ?? longestWaitSeconds, longestWaitSeconds)),
		explains: [
			{ signal: 'no-active-lease' },
			{ signal: 'oldest-ready-run' },
			{ signal: 'not-draining', subject: 'runs' },
		],
		next: [
			{
				say: alive ? "Read a worker's log: it lives and cannot claim a run." : 'Start the workers.',
			},
		],
	};
}
