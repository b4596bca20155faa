import { formatMs, formatPercent } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { clue } from '../finding.ts';
import { watchingCost } from './watching-cost.ts';

/** From this share of one processor's time on, watching should be thought about. */
const dearShare = 0.1;
/** One refresh proves nothing. */
const fewestTrips = 5;

/** Watching costs the server a noticeable part of a processor. */
export const dearWatching: FaultCheck = {
	fault: 'dear-watching',
	title: 'Watching costs too much',
	symptom: 'The server is busy with queries of tidemark.',
	cause: 'The samplers take long on this database, and are asked often.',
	shows: "The server's own time for all samplers of a refresh, against the interval.",
	fix: 'Ask less often with --interval 10s, and see which sampler is dear.',
	asks: [],
	find(input) {
		const cost = watchingCost(input);
		if (!cost || cost.trips < fewestTrips || cost.share < dearShare) return [];
		return [
			{
				fault: 'dear-watching',
				subject: '',
				severity: 'note',
				confidence: 'certain',
				sentence: `watching takes ${formatPercent(cost.share)} of one processor of the server: ${formatMs(cost.serverMs)} a refresh`,
				clues: cost.dearest.flatMap(({ id, serverMs }) => clue(id, formatMs(serverMs))),
				since: undefined,
				explains: [],
				next: [{ say: 'Ask less often, with + in the console or --interval 10s.' }],
			},
		];
	},
};
