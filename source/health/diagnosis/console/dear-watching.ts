import { formatMs, formatPercent } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { evidenceRows, identifier, textIn } from '../evidence.ts';
import { clue, type NextStep } from '../finding.ts';
import { watchingCost } from './watching-cost.ts';

/** From this share of one processor's time on, watching should be thought about. */
const dearShare = 0.1;
/** From this share on where index scans are off: what makes it dear is known then, and grows with the tables. */
const dearShareUnindexed = 0.05;
/** A few refreshes prove nothing, the first ones least of all. */
const fewestTrips = 10;

/** Watching costs the server a noticeable part of a processor. */
export const dearWatching: FaultCheck = {
	fault: 'dear-watching',
	title: 'Watching costs too much',
	symptom: 'The server is busy with queries of tidemark.',
	cause:
		'The samplers take long on this database, and are asked often. Or index scans were switched off for a database or a role, for a test that nobody remembers: then every query there reads whole tables.',
	shows:
		"The server's own time for all samplers of a refresh, against the interval; show enable_indexscan;",
	fix: 'Switch index scans on again where they are off; else ask less often with --interval 10s, and see which sampler is dear.',
	demo: 'dear-watching',
	asks: ['database/statistics'],
	find(input) {
		const cost = watchingCost(input);
		const off = textIn(evidenceRows(input, 'database/statistics')?.[0], 'switched_off');
		const leastShare = off === undefined ? dearShare : dearShareUnindexed;
		if (!cost || cost.trips < fewestTrips || cost.share < leastShare) return [];
		return [
			{
				fault: 'dear-watching',
				subject: '',
				severity: off === undefined ? 'note' : 'warn',
				confidence: 'certain',
				sentence: `watching takes ${formatPercent(cost.share)} of one processor of the server: ${formatMs(cost.serverMs)} a refresh${off === undefined ? '' : ', since index scans are switched off here'}`,
				clues: [
					...clue('switched off', off),
					...cost.dearest.flatMap(({ id, serverMs }) => clue(id, formatMs(serverMs))),
				],
				since: undefined,
				explains: off === undefined ? [] : [{ fault: 'sampler-fails', subject: '57014' }],
				next: [
					...(off === undefined ? [] : [switchOnStep(input, off.split(', '))]),
					{ say: 'Ask less often, with + in the console or --interval 10s.' },
				],
			},
		];
	},
};

const switchOnStep = ({ snapshot }: DiagnosisInput, settings: readonly string[]): NextStep => {
	const database = identifier(snapshot.identity?.database ?? 'postgres');
	return {
		say: 'Switch them on again; if they stay off for new sessions, the role has the setting, or the configuration.',
		sql: settings.map((name) => `alter database ${database} reset ${name};`).join(' '),
	};
};
