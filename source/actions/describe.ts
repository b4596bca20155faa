import { formatAge, formatCount, formatMs, formatPlural } from '../lib/format.ts';
import type { BackfillPlan, PlannedMonth } from './backfill-plan.ts';
import { type Effect, type EffectGroup, type Sample, totalOf, touchedBy } from './effect.ts';
import { minus, type Whole } from './json.ts';
import { describeHolder, type LockUser } from './locks.ts';
import { longestHoldMs } from './pace.ts';
import type { Performed } from './perform.ts';
import type { PrunePlan } from './prune.ts';
import type { RepairPlan } from './repair.ts';
import type { ReplayPlan } from './replay-plan.ts';
import type { TickPlan } from './tick.ts';
import { type Interval, momentText, monthText } from './times.ts';
import type { Verification } from './verify.ts';
import { wrongIn } from './verify.ts';
import type { Workplace } from './workplace.ts';

// Plans and results as lines of text, the same on a plain terminal and in the console.

const spanText = ({ fromMs, toMs }: Interval): string =>
	`${momentText(fromMs)} up to ${momentText(toMs)} UTC`;

const row = (label: string, text: string): string => `  ${label.padEnd(12)}${text}`;

/** Who has the lock now. */
export const lockLine = (lockKey: number, users: readonly LockUser[]): string => {
	const holder = users.find(({ isHolder }) => isHolder);
	return row(`lock ${lockKey}`, holder ? `held by ${describeHolder(holder)}` : 'free');
};

/** What one tick would take on. */
export function tickLines({ pipeline }: Workplace, plan: TickPlan): readonly string[] {
	const { watermarkMs, nowMs } = plan.extent;
	const behind = (nowMs - watermarkMs) / 1000;
	const usage = plan.usageRows === undefined ? 'many' : formatCount(plan.usageRows);
	const due = plan.dueRows === undefined ? 'many' : formatCount(plan.dueRows);
	return [
		row(
			'watermark',
			watermarkMs <= 0
				? 'the epoch: nothing was ever rolled up, and backfill is the shorter way'
				: behind < 0
					? `${momentText(watermarkMs)} UTC, ${formatAge(-behind)} ahead of the clock`
					: `${momentText(watermarkMs)} UTC, ${formatAge(behind)} ago`,
		),
		row('reads', `${usage} usage rows changed up to ${momentText(plan.reachMs)} UTC`),
		row('consumes', `${due} invalidations`),
		lockLine(pipeline.lockKey, plan.users),
	];
}

const signed = (value: Whole): string =>
	`${BigInt(value) < 0n ? '' : '+'}${formatCount(value)}`.replace('+-', '-');

/** How many groups a preview lists. */
const maxGroups = 14;

/** What an effect does, by workspace and day, the most tokens moved first. */
export function effectLines(effect: Effect): readonly string[] {
	const { inserted, changed, deleted, tokensBefore, tokensAfter } = totalOf(effect.groups);
	const touched = inserted + changed + deleted;
	const unchanged = effect.buckets - touched;
	const head = [
		row(
			'buckets',
			`${formatCount(inserted)} inserted, ${formatCount(changed)} changed, ${formatCount(deleted)} deleted, ${formatCount(Math.max(0, unchanged))} unchanged`,
		),
		row(
			'tokens',
			`${formatCount(tokensBefore)} become ${formatCount(tokensAfter)} (${signed(minus(tokensAfter, tokensBefore))})`,
		),
	];
	if (touched === 0) return head;
	const moved = ({ tokensBefore: a, tokensAfter: b }: EffectGroup) => Math.abs(Number(minus(b, a)));
	const groups = mergeSlots(effect.groups).toSorted((a, b) => moved(b) - moved(a));
	const rest = groups.length - maxGroups;
	return [
		...head,
		groupRow('day', ['ins', 'chg', 'del'], 'tokens', 'workspace'),
		...groups.slice(0, maxGroups).map(groupLine),
		...(rest > 0 ? [`  and ${formatPlural(rest, 'more group')} of workspace and day`] : []),
	];
}

const groupLine = (group: EffectGroup): string =>
	groupRow(
		group.day,
		[group.inserted, group.changed, group.deleted].map(formatCount),
		signed(minus(group.tokensAfter, group.tokensBefore)),
		group.workspace,
	);

/** 76 columns, which is what a box on 80 has; where numbers need more, it is the end of an id that is cut. */
const groupRow = (
	day: string,
	counts: readonly string[],
	tokens: string,
	workspace: string,
): string =>
	[
		`  ${day.padEnd(10)}`,
		...counts.map((count) => count.padStart(4)),
		tokens.padStart(11),
		workspace,
	].join(' ');

/** One group a workspace and day, whatever slices it was cut into. */
function mergeSlots(groups: readonly EffectGroup[]): readonly EffectGroup[] {
	const merged = new Map<string, EffectGroup>();
	for (const group of groups) {
		const key = `${group.day} ${group.workspace}`;
		const other = merged.get(key);
		merged.set(key, other === undefined ? group : { ...group, ...totalOf([other, group]) });
	}
	return [...merged.values()];
}

/** What a replay would change. */
export function replayLines(plan: ReplayPlan): readonly string[] {
	const { span, by, engine } = plan.wish;
	const busy = plan.slices.filter(({ effect }) => effect.groups.length > 0).length;
	return [
		row('replays', `${by === 'bucket' ? 'buckets of' : 'usage changed in'} ${spanText(span)}`),
		row('slices', `${formatCount(busy)} with something to do, by ${engine} engine`),
		...effectLines(plan.effect),
		...plan.notes.map((note) => row('note', note)),
		row('plan', plan.hash),
	];
}

/** What a repair would change. */
export function repairLines(plan: RepairPlan): readonly string[] {
	const { drift, ghost, pending } = plan.effect.kinds;
	return [
		row('looked at', `buckets of ${spanText(plan.span)}`),
		row(
			'wrong',
			`${formatCount(drift)} drifted, ${formatPlural(ghost, 'ghost')}; ${formatCount(pending)} pending, left to the tick`,
		),
		...effectLines(plan.effect),
		...(plan.whyNoTick === undefined
			? []
			: [row('note', `by the window function: no tick, because ${plan.whyNoTick}`)]),
		row('plan', plan.hash),
	];
}

/** What a backfill would walk. */
export function backfillLines(plan: BackfillPlan): readonly string[] {
	const { months, abandoned, wish, extent, pace, engine } = plan;
	const rows = months.reduce((sum, month) => sum + month.leftRows, 0);
	const predictedMs = months.reduce((sum, month) => sum + month.predictedMs, 0);
	if (months.length === 0) {
		return [
			row('usage', abandoned ? 'none in the months that are left' : 'none: task_usage is empty'),
			row('stamps', `the watermark to ${momentText(extent.settledMs)} UTC or later`),
		];
	}
	return [
		row(
			'months',
			`${monthText(months[0]?.fromMs ?? 0)} to ${monthText(months.at(-1)?.fromMs ?? 0)} (UTC)`,
		),
		...months.map((month) => monthLine(month, plan)),
		row(
			'all',
			`${formatPlural(rows, 'usage row')}, ${formatMs(predictedMs)} predicted${pace.isMeasured ? ' from what is done' : ''}, by ${engine} engine`,
		),
		...(plan.whyNotDirect === undefined ? [] : [row('not direct', plan.whyNotDirect)]),
		...(wish.finished.length > 0
			? [
					row(
						'resumes',
						`${formatPlural(wish.finished.length, 'slice')} of an earlier run stay as they are`,
					),
				]
			: []),
		...(abandoned
			? [
					row(
						'abandons',
						`${formatPlural(abandoned.rows, 'usage row')} from ${monthText(abandoned.oldestMs)} on, for good`,
					),
				]
			: []),
		row(
			'stamps',
			`the watermark at the end: five minutes ago by the database's clock, or where an open writer began`,
		),
	];
}

function monthLine(month: PlannedMonth, { wish }: BackfillPlan): string {
	const pieces = Math.ceil(month.predictedMs / longestHoldMs);
	const hold =
		pieces > 1 && !wish.isByMonth
			? `, cut into about ${pieces} so that each holds the lock under 5 s`
			: '';
	const state =
		month.leftRows === 0 && month.rows > 0 ? 'done' : `${formatMs(month.predictedMs)}${hold}`;
	return row(monthText(month.fromMs), `${formatCount(month.rows).padStart(11)} rows  ${state}`);
}

/** What pruning would do. */
export const pruneLines = (plan: PrunePlan): readonly string[] => [
	row(
		'prunes',
		`${formatPlural(plan.rows, 'invalidation')} older than ${formatAge(plan.retentionMs / 1000)}`,
	),
	row(
		'loses',
		plan.isConsuming
			? 'nothing: this function does what they ask for first'
			: plan.lostBuckets === 0
				? 'nothing: each bucket is already what raw says'
				: `${formatPlural(plan.lostBuckets, 'bucket')} would stay wrong for good`,
	),
];

const maxSamples = 12;

/** What comparing with raw has found. */
export function verifyLines({ span, effect, provenFromMs }: Verification): readonly string[] {
	const { pending, drift, ghost } = effect.kinds;
	const isRight = wrongIn(effect) === 0;
	return [
		row('compared', `${formatPlural(effect.buckets, 'bucket')} of ${spanText(span)}`),
		row('pending', `${formatCount(pending)}: queued, or newer than the watermark`),
		row('drift', `${formatCount(drift)}: raw says otherwise`),
		row('ghosts', `${formatCount(ghost)}: nothing raw behind them`),
		...effect.samples.slice(0, maxSamples).map(sampleLine),
		row(
			'proven',
			provenFromMs === undefined
				? 'nothing'
				: `back to ${momentText(provenFromMs)} UTC${pending > 0 ? ', save what is pending' : ''}${isRight ? '' : '; no further'}`,
		),
	];
}

function sampleLine({ kind, bucket, key, before, after }: Sample): string {
	const column = Object.keys(after).find((name) => before[name] !== after[name]) ?? 'event_count';
	const value = (side: Sample['before']) => side[column] ?? 'no row';
	const where = Object.entries(key)
		.map(([name, text]) => `${name.replace('_id', '')}=${text === null ? 'none' : shortId(text)}`)
		.join(' ');
	return `    ${kind.padEnd(7)} ${bucket}  ${column} ${value(before)} → ${value(after)}  ${where}`;
}

/** The part of a uuid that tells it from its neighbours at a glance; other text as it is. */
const shortId = (text: string): string => (/^[0-9a-f-]{36}$/.test(text) ? text.slice(0, 8) : text);

/** How an action ended. */
export function receiptLines(
	{ receipt, receiptFault }: Performed,
	folder: string,
): readonly string[] {
	const { rows, tookMs, note, slices, longestSliceMs = 0, longestHoldMs: heldMs = 0 } = receipt;
	const count = (n: number | null) => (n === null ? 'not counted' : formatCount(n));
	const done = slices
		? `, ${formatPlural(slices, 'slice')} of ${formatMs(longestSliceMs)} at most, the lock held ${formatMs(heldMs)} at a stretch`
		: '';
	return [
		`Done in ${formatMs(tookMs)}${done}.`,
		row('result', note),
		row('rows', `${count(rows.before)} before, ${count(rows.after)} after`),
		row('receipt', receiptFault ?? `${receipt.id} in ${folder}/receipts.jsonl`),
	];
}

/** Rows that a confirmation has to name, as the ladder of the design has it. */
export const wouldTouch = ({ groups }: Effect): number => touchedBy(groups);
