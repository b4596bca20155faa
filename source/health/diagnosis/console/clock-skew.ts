import { formatAge, formatDateTime } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { clue } from '../finding.ts';

/** Clocks that are kept by the network differ by less; so does the time a refresh takes. */
const toleratedSeconds = 5;

/** The clock of this machine and the server's differ. */
export const clockSkew: FaultCheck = {
	fault: 'clock-skew',
	title: 'The clocks differ',
	symptom: 'Times in logs of this machine and of the server do not fit together.',
	cause:
		'The clock of this machine or of the server is wrong: no time service, or a machine that slept.',
	shows: 'now() of the server against the clock here, at the same moment.',
	fix: "Mend the time service of whichever is wrong. Ages on the screen are right: they are all by the server's clock.",
	demo: 'clock-skew',
	asks: [],
	find(input) {
		const skew = skewSeconds(input);
		if (skew === undefined || Math.abs(skew) < toleratedSeconds) return [];
		const { at } = input.snapshot;
		return [
			{
				fault: 'clock-skew',
				subject: '',
				severity: 'warn',
				confidence: 'certain',
				sentence: `the clock of this machine is ${formatAge(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} the server's: never stamp a watermark from here`,
				clues: [
					...clue('server', formatDateTime(at)),
					...clue('here', formatDateTime(at + skew * 1000)),
				],
				since: undefined,
				explains: [],
				next: [
					{
						say: 'Compare both with a third clock, and mend the time service of the one that is wrong.',
						sql: 'select now();',
					},
				],
			},
		];
	},
};

/**
 * How far this machine's clock is ahead, in seconds: the least difference of the latest snapshots
 * that brought an answer, since the way of an answer adds to it.
 */
export function skewSeconds({ history, snapshot }: DiagnosisInput): number | undefined {
	// By what the snapshots are dated doesn't go back where the machine's clock is set back.
	const { answeredAt, at, skewMs = answeredAt - at } = snapshot;
	const setBackMs = answeredAt - at - skewMs;
	const differences = history.flatMap((snapshot, index) => {
		const before = history[index - 1]?.at;
		const isAnswered = snapshot.readings.size > 0 && snapshot.at !== before;
		return isAnswered && snapshot.connection.kind === 'live'
			? [(snapshot.answeredAt - snapshot.at - setBackMs) / 1000]
			: [];
	});
	const latest = differences.slice(-5);
	return latest.length === 0
		? undefined
		: latest.reduce((least, each) => (Math.abs(each) < Math.abs(least) ? each : least));
}
