import { readExtent } from '../actions/extent.ts';
import { dayMs } from '../actions/pipelines.ts';
import { type Interval, parseMoment, wholeBuckets } from '../actions/times.ts';
import type { Workplace } from '../actions/workplace.ts';
import { TidemarkError } from '../errors.ts';
import { textFlag } from './action-flags.ts';
import type { CommandContext } from './command.ts';

/** How far back is looked unless `--from` says otherwise. */
const defaultSpanMs = 7 * dayMs;

/**
 * The span of buckets between `--from` and `--to`, by default the last seven days; a day more where
 * days are not UTC's, since it is tomorrow somewhere.
 * @throws TidemarkError of kind `config`
 */
export async function spanOf({ flags }: CommandContext, place: Workplace): Promise<Interval> {
	const { session, shape, pipeline } = place;
	const { nowMs } = await readExtent(session.query, shape);
	const [from, to] = [textFlag(flags, 'from'), textFlag(flags, 'to')];
	const aheadMs = shape.zone.kind === 'utc' ? 0 : dayMs;
	const toMs = to === undefined ? nowMs + aheadMs : parseMoment(to, '--to', nowMs);
	const fromMs = from === undefined ? toMs - defaultSpanMs : parseMoment(from, '--from', nowMs);
	if (fromMs < toMs) return wholeBuckets({ fromMs, toMs }, pipeline);
	throw new TidemarkError('config', '--from has to be before --to');
}
