import { formatAge, formatDateTime } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { clue } from '../finding.ts';
import { type Pipeline, pipelinesHere } from './pipelines.ts';

/** A watermark that is later than now. */
export const watermarkFuture: FaultCheck = {
	fault: 'watermark-future',
	title: 'A watermark ahead of the clock',
	symptom: 'New usage never shows, though ticks run and succeed; lag says 0.',
	cause:
		'A backfill or a script stamped the watermark by the clock of a host that is wrong, or by hand. What is written until the clock gets there falls before every window, and is skipped for good.',
	shows: 'watermark_at > now() in the state table.',
	fix: 'Bring the watermark back to before the mistake; windows may overlap without harm.',
	demo: 'watermark-future',
	asks: [],
	find: (input) =>
		pipelinesHere(input).flatMap((pipeline) => {
			const { watermarkAt } = pipeline.data;
			const { at } = input.snapshot;
			if (watermarkAt === undefined || watermarkAt <= at) return [];
			const { name } = pipeline;
			const ahead = (watermarkAt - at) / 1000;
			return [
				{
					fault: 'watermark-future',
					subject: name,
					severity: 'critical',
					confidence: 'certain',
					sentence: `the watermark of ${name} is ${formatAge(ahead)} ahead of the clock: usage written until then is skipped for good`,
					clues: [
						...clue(
							'watermark',
							Number.isFinite(watermarkAt) ? formatDateTime(watermarkAt) : 'infinity',
						),
						...clue('server clock', formatDateTime(at)),
					],
					since: undefined,
					explains: [
						{ fault: 'failing-tick', subject: name },
						{ fault: 'ticks-stopped', subject: name },
						{ fault: 'dirty-grows', subject: name },
						{ fault: 'wrong-numbers', subject: name },
						{ signal: 'rollup-watermark-ahead', subject: name },
						{ signal: 'rollup-run-age', subject: name },
						{ signal: 'rollup-data-lag', subject: name },
					],
					next: [
						{
							say: 'Bring it back to the newest bucket that was rolled up; the next ticks do the rest.',
							sql: bringBackSql(pipeline),
						},
						{ say: 'Find the host that stamped it, and mend its clock.' },
					],
				} as const,
			];
		}),
};

/**
 * Whatever was written before the newest bucket began is rolled up: the watermark had passed it. The time of
 * the last run says less, since a tick before a watermark ahead of it succeeds as well. A day begins at
 * different moments in different zones, hence two of them.
 */
function bringBackSql({ table, bucket, state }: Pipeline): string {
	const newest = bucket === 'bucket_date' ? `max(${bucket}) - 2` : `max(${bucket})`;
	return `update ${state} set watermark_at = least(coalesce((select ${newest} from ${table} where ${bucket} <= now()), 'epoch'), now() - interval '1 hour') where id = 1 and watermark_at > now();`;
}
