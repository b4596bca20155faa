import { formatAge, formatDateTime } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { clue } from '../finding.ts';
import { behindSeconds, pipelinesHere } from './pipelines.ts';
import { backfillStep } from './steps.ts';

/** The upgrade that drops the legacy rollups asks for hourly to be this near, in seconds. */
const toleratedSeconds = 3600;

/** Hourly is not level, and an upgrade that needs it would refuse. */
export const unfinishedBackfill: FaultCheck = {
	fault: 'unfinished-backfill',
	title: 'An upgrade would refuse to drop the daily rollups',
	symptom: 'An upgrade stops with "refusing to drop legacy daily rollups".',
	cause:
		'The newer version reads the hourly rollup only. Before it drops the daily one it asks whether hourly is complete; its backfill was never run, broken off, or has fallen behind since.',
	shows: 'The hourly watermark is more than one hour behind the newest usage row.',
	fix: 'Backfill hourly and let ticks keep it level; then upgrade.',
	demo: 'unfinished-backfill',
	asks: [],
	find(input) {
		const here = pipelinesHere(input);
		const hourly = here.find(({ name }) => name === 'hourly');
		const legacy = here.find(({ name }) => name === 'daily');
		const behind = hourly && behindSeconds(hourly);
		if (!hourly || !legacy || behind === undefined || behind < toleratedSeconds) return [];
		const { watermarkAt } = hourly.data;
		const isEpoch = watermarkAt !== undefined && watermarkAt < 86_400_000;
		return [
			{
				fault: 'unfinished-backfill',
				subject: 'hourly',
				severity: 'warn',
				confidence: 'certain',
				sentence: isEpoch
					? 'hourly was never filled: an upgrade will refuse to drop the daily rollup'
					: `hourly is ${formatAge(behind)} short of the newest usage: an upgrade will refuse to drop the daily rollup`,
				clues: clue(
					'hourly watermark',
					isEpoch
						? 'the epoch'
						: watermarkAt === undefined
							? undefined
							: formatDateTime(watermarkAt),
				),
				since: isEpoch ? undefined : watermarkAt,
				explains: [],
				next: [backfillStep(hourly, 'Backfill hourly before the upgrade.')],
			},
		];
	},
};
