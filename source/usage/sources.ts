import { defaultThresholds } from '../health/thresholds.ts';
import { formatAge } from '../lib/format.ts';
import type { PipelineData } from '../sampling/panel-data.ts';
import type { SourceName } from './names.ts';

/** The sources that are derived from raw usage. */
export type RollupName = Exclude<SourceName, 'raw'>;

/** What a source is called in a sentence. */
export const sourceText: Readonly<Record<SourceName, string>> = {
	hourly: 'the hourly rollup',
	daily: 'the daily rollup',
	raw: 'raw usage',
};

/** A source, and why it and no other. */
export type SourceChoice = {
	readonly source: SourceName;
	readonly isAsked: boolean;
	readonly reason: string;
};

/** What the choice of a source depends on. */
export type SourceFacts = {
	/** What the user wants. */
	readonly asked: SourceName | undefined;
	/** USAGE_DAILY_ROLLUP_ENABLED as it is set where this runs. */
	readonly enabled: string | undefined;
	/** The rollups that this database has. */
	readonly rollups: Readonly<Partial<Record<RollupName, PipelineData>>>;
	/** Hours and agents are asked for, which the daily rollup does not have. */
	readonly needsHourly: boolean;
};

/** Further behind than this, a rollup is no source to be read without being asked for; in seconds. */
export const freshSeconds = defaultThresholds['rollup-data-lag'].critical?.at ?? 3600;

/** How the product's own setting is written when it is off. */
const off = /^(false|f|0|no|off)$/i;

/**
 * The source to read: the one asked for, else what the instance itself reads, which is raw usage where
 * its rollups are switched off or none is fresh.
 */
export function chooseSource({ asked, enabled, rollups, needsHourly }: SourceFacts): SourceChoice {
	if (asked !== undefined) return { source: asked, isAsked: true, reason: 'asked for' };
	if (enabled !== undefined && off.test(enabled.trim())) {
		const reason = `USAGE_DAILY_ROLLUP_ENABLED is ${enabled.trim()}`;
		return { source: 'raw', isAsked: false, reason };
	}
	const usable: readonly RollupName[] = needsHourly ? ['hourly'] : ['hourly', 'daily'];
	const fresh = usable.find((name) => isFresh(rollups[name]));
	if (fresh) {
		const isIdle = rollups[fresh]?.dataLagSeconds === null;
		const reason = isIdle ? 'there is no raw usage to fill it from' : 'it is up to date';
		return { source: fresh, isAsked: false, reason };
	}
	const states = usable.map((name) => `${name} ${stateText(rollups[name])}`).join(', ');
	return { source: 'raw', isAsked: false, reason: `no rollup of use is fresh: ${states}` };
}

/** Whether what a rollup says is as good as what raw usage says, but for the last minutes. */
export function isFresh(rollup: PipelineData | undefined): boolean {
	if (rollup?.watermarkAt === undefined || rollup.dataLagSeconds === undefined) return false;
	// Without any usage there is nothing to lag behind.
	return rollup.dataLagSeconds === null || rollup.dataLagSeconds < freshSeconds;
}

function stateText(rollup: PipelineData | undefined): string {
	if (rollup === undefined) return 'is not here';
	if (rollup.dataLagSeconds === undefined) return 'is in a state not known';
	if (rollup.dataLagSeconds === null) return 'has nothing to hold';
	const neverRan = rollup.watermarkAt !== undefined && rollup.watermarkAt <= 0;
	return neverRan ? 'never ran' : `is ${formatAge(rollup.dataLagSeconds)} behind`;
}
