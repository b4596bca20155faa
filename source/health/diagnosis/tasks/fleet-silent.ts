import { formatAge, formatCount, formatPercent, formatPlural } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn } from '../evidence.ts';
import { clue, type Explained } from '../finding.ts';
import { runtimesAtWork, runtimesAtWorkQuery } from './runtimes-at-work.ts';

/** From this share of the runtimes known on, and this many, it isn't one runtime's own fault. */
const fleetShare = 0.5;
const fleetSize = 3;
/** Runtimes beat about every 15 s: what falls silent together does so within a few beats. */
const togetherSeconds = 60;

const explains: readonly Explained[] = [
	{ fault: 'silent-runtime' },
	{ fault: 'nobody-dispatches' },
	{ fault: 'stuck-dispatch' },
	{ signal: 'runtimes-silent' },
	{ signal: 'no-runtime-for-work' },
	{ signal: 'running-on-silent-runtime' },
	{ signal: 'dispatched-not-started' },
	{ signal: 'oldest-ready-task' },
	{ signal: 'not-draining', subject: '' },
];

/** Most runtimes fell silent at once: what they have in common is the way to the server. */
export const fleetSilent: FaultCheck = {
	fault: 'fleet-silent',
	title: 'Most runtimes are silent',
	symptom: 'No task starts any more and running ones hang, for everybody at once.',
	cause:
		'Runtimes on different machines rarely die together. What they share has failed: the server they report to, the network or name in front of it, its certificate, or an upgrade that their daemons do not understand.',
	shows:
		'At least half of the rows of agent_runtime heard in the last 3 h have last_seen_at older than 150 s, and most stopped within a minute.',
	fix: 'Look at the server that takes the heartbeats before the runtimes. Runtimes that come back within 3 h keep their running tasks.',
	demo: 'all-runtimes-silent',
	asks: ['tasks/silent-fleet', runtimesAtWorkQuery],
	find(input) {
		const row = evidenceRows(input, 'tasks/silent-fleet')?.[0];
		const silent = numberIn(row, 'silent') ?? 0;
		const known = numberIn(row, 'known') ?? 0;
		if (silent < fleetSize || silent < fleetShare * known) return [];
		const spread =
			(numberIn(row, 'middle_first_seconds') ?? 0) - (numberIn(row, 'middle_last_seconds') ?? 0);
		const isTogether = spread <= togetherSeconds;
		const atWork = runtimesAtWork(input);
		const isMissed = silent === known && (atWork?.runtimes.length ?? 0) > 0;
		// Machines that are switched off one after the other in the evening are no news.
		if (!isTogether && !isMissed) return [];
		const seconds = numberIn(row, isTogether ? 'middle_first_seconds' : 'latest_seconds') ?? 0;
		const who =
			silent === known
				? `all ${formatCount(known)}`
				: `${formatCount(silent)} of ${formatCount(known)}`;
		return [
			{
				fault: 'fleet-silent',
				subject: '',
				severity: 'critical',
				confidence: isTogether ? 'likely' : 'possible',
				sentence: `${who} runtimes ${isTogether ? 'fell silent together' : 'are silent'}, ${formatAge(seconds)} ago: what they share has failed, such as the server they report to`,
				clues: [
					...clue(
						'silent',
						`${formatCount(silent)} of ${formatPlural(known, 'runtime')} heard in the last 3 h (${formatPercent(silent / known)})`,
					),
					...clue('fell silent within', formatAge(Math.max(1, spread))),
					...clue('running on them', atWork && formatPlural(atWork.silentRunning, 'task')),
				],
				since: agoAt(input, seconds),
				explains,
				next: [
					{
						say: 'Check the server that takes the heartbeats: is it up, and can a runtime reach it?',
					},
					{
						say: 'See who was heard when.',
						sql: 'select name, provider, last_seen_at from agent_runtime order by last_seen_at desc nulls last limit 50;',
					},
				],
			},
		];
	},
};
