import { formatCount, formatDateTime, formatPlural } from '../../../lib/format.ts';
import type { Proof } from '../../../sampling/proof.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { evidenceRows, numberIn } from '../evidence.ts';
import { clue } from '../finding.ts';
import { pipelinesHere } from './pipelines.ts';
import { enqueueStep } from './steps.ts';

/** Buckets that differ from the raw usage although nothing is waiting. */
export const wrongNumbers: FaultCheck = {
	fault: 'wrong-numbers',
	title: 'Buckets differ from raw usage',
	symptom: 'The numbers are wrong, though all is green.',
	cause:
		'A bucket diverged: an invalidation was pruned before it was consumed, triggers were off for a while, a row became visible after its window, or somebody changed the table by hand. No tick looks at such a bucket again.',
	shows: "The sums of task_usage by the bucket's key, recomputed and compared.",
	fix: 'Enqueue the buckets and tick. Replay and backfill do not mend them: both look for changed usage rows.',
	demo: 'wrong-numbers',
	asks: ['rollup/drift-hourly', 'rollup/drift-daily', 'rollup/drift-dashboard'],
	find: (input) =>
		pipelinesHere(input).flatMap((pipeline) => {
			const { name } = pipeline;
			const spot = spotCheck(input, name);
			const proof = input.snapshot.proofs?.get(name);
			const proven = proof && proof.drift + proof.ghosts > 0 ? proof : undefined;
			if (!spot && !proven) return [];
			const oldestMs = Math.min(spot?.oldestMs ?? Infinity, proven?.oldestWrongMs ?? Infinity);
			const ageDays = Math.ceil((input.snapshot.at - oldestMs) / 86_400_000);
			// What the spot check looks at is bounded; what a verification has found is reached whole.
			const days = Math.max(1, proven ? ageDays : Math.min(30, ageDays));
			return [
				{
					fault: 'wrong-numbers',
					subject: name,
					severity: 'warn',
					confidence: 'certain',
					sentence: spot?.sentence ?? provenSentence(name, proven as Proof),
					clues: [...(spot?.clues ?? []), ...(proven ? provenClues(proven) : [])],
					since: undefined,
					explains: [
						{ signal: 'verify-wrong', subject: name },
						{ signal: 'verify-still-wrong', subject: name },
					],
					next: [
						{
							say: `Compare all of ${name}, not only the newest.`,
							command: `verify --pipeline ${name} --from ${days}d`,
						},
						enqueueStep(pipeline, days),
					],
				} as const,
			];
		}),
};

/** What the evidence says: the newest buckets, bounded, looked at now. */
function spotCheck(input: DiagnosisInput, name: string) {
	const row = evidenceRows(input, `rollup/drift-${name}`)?.[0];
	const wrong = numberIn(row, 'wrong') ?? 0;
	const ghosts = numberIn(row, 'ghosts') ?? 0;
	const missing = numberIn(row, 'missing') ?? 0;
	if (wrong + ghosts + missing === 0) return undefined;
	const unit = name === 'hourly' ? 'hour' : 'day';
	const suspects = numberIn(row, 'suspects') ?? 1;
	const checked = numberIn(row, 'checked') ?? 0;
	const newest = numberIn(row, 'newest_at');
	const oldest = numberIn(row, 'first_at');
	return {
		oldestMs: oldest ?? 0,
		sentence: `${name} differs from the raw usage in ${formatCount(suspects)} of the last ${formatPlural(checked, unit)}${newest === undefined ? '' : `, last at ${formatDateTime(newest)}`}, and no tick will look there again`,
		clues: [
			...clue('buckets compared one by one', formatCount(numberIn(row, 'compared') ?? 0)),
			...clue('with other sums', formatCount(wrong)),
			...clue('with nothing raw behind them', formatCount(ghosts)),
			...clue('not rolled up at all', formatCount(missing)),
			...clue(
				`${unit}s checked`,
				oldest === undefined ? undefined : `back to ${formatDateTime(oldest)}`,
			),
		],
	};
}

const provenSentence = (name: string, { drift, ghosts, newestWrongMs }: Proof): string =>
	`${name} differs from the raw usage in ${formatPlural(drift + ghosts, 'bucket')}${newestWrongMs === undefined ? '' : `, the newest at ${formatDateTime(newestWrongMs)}`}, and no tick will look there again`;

/** What verifying in the background has found, in a few words each. */
function provenClues({ drift, ghosts, confirmed, fromMs, oldestWrongMs }: Proof) {
	const at = (ms: number | undefined) => (ms === undefined ? undefined : formatDateTime(ms));
	return [
		...clue(
			'verified in the background',
			`${formatCount(drift)} drifted, ${formatPlural(ghosts, 'ghost')}`,
		),
		...clue('seen by a second verification', formatCount(confirmed)),
		...clue('oldest that differs', at(oldestWrongMs)),
		...clue('proven right since', at(fromMs) ?? 'nothing yet'),
	];
}
