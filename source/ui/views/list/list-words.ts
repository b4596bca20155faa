import { formatAge, formatCount, formatMs } from '../../../lib/format.ts';
import type { Reading, Row } from '../../../sampling/reading.ts';
import { mark } from '../../draw/mark.ts';
import { clipLine, type Line, line, padLine, span } from '../../draw/span.ts';
import { wrapWords } from '../../draw/wrap.ts';
import { sieveLine } from '../../frame/sieve-line.ts';
import { allPanels } from '../../panels/all-panels.ts';
import { type FrameInput, serverNow } from '../../panels/frame-input.ts';
import { failureText, isLost, pendingText } from '../asked.ts';
import { listsOf } from './all-lists.ts';
import type { ListDefinition } from './list-definition.ts';
import type { ListRows } from './list-rows.ts';
import type { ListView } from './list-view.ts';

/** `1 Tasks`, or the name of a list of no panel. */
export function listTitle({ panel }: { readonly panel?: number }, list: ListDefinition): Line {
	const found = allPanels.find(({ number }) => number === panel);
	return found === undefined
		? line(span(list.group ?? list.title, 'title'))
		: line(span(`${found.number} `, 'muted'), span(found.title, 'title'));
}

/** The lists of the panel with this one marked, and what is held back. */
export function headLines(
	{ panel, sieve, subject }: ListView,
	list: ListDefinition,
	{ rows, isScanEnd }: ListRows,
	width: number,
): readonly Line[] {
	const siblings = subject === undefined ? listsOf(panel) : [];
	const names = siblings.flatMap((each, at) => [
		at > 0 ? '  ' : undefined,
		each.id === list.id
			? { text: ` ${each.title} `, tone: 'strong' as const, isInverse: true }
			: span(` ${each.title} `, 'muted'),
	]);
	const whose = line(span(subject?.name ?? '', 'strong'), span(`  ${list.title}`, 'muted'));
	const note = list.noteOf?.(rows) ?? (isScanEnd ? list.scanned?.some : undefined);
	return [
		...(siblings.length > 1 ? [line(...names)] : []),
		...(subject === undefined ? [] : [clipLine(whose, width)]),
		...[sieveLine(sieve)].filter((filter) => filter.length > 0),
		...(note === undefined ? [] : [clipLine([span(note, 'muted')], width)]),
	].map((each) => padLine(each, width));
}

/** Where one is in the list, how old it is, and what it took. */
export function tagOf(
	{ pages }: ListView,
	count: number,
	{ rows: { length: total }, readings, next }: ListRows,
	at: number,
	frame: FrameInput,
): Line {
	const cost = readings.reduce((sum, each) => sum + ('cost' in each ? each.cost.serverMs : 0), 0);
	const isNobodyThere = isLost(frame);
	const ats = readings.flatMap((each) => ('at' in each ? [each.at] : []));
	// Rows of a snapshot are as old as that is.
	const { at: takenAt } = frame.report.snapshot;
	const oldest = Math.min(...ats, ...(readings.length === 0 && isNobodyThere ? [takenAt] : []));
	const oldSeconds = (serverNow(frame) - oldest) / 1000;
	const isStale = total > 0 && (isNobodyThere || readings.some(({ kind }) => kind === 'stale'));
	const isOld = isStale || oldSeconds * 1000 > 2 * frame.controls.intervalMs;
	return line(
		isOld ? line(mark('unknown'), span(` ${formatAge(oldSeconds)} old  `, 'unknown')) : undefined,
		pages.length > 0 ? span(`page ${pages.length + 1}  `, 'muted') : undefined,
		count === 0 ? undefined : span(`${formatCount(at + 1)} of ${formatCount(count)}`, 'muted'),
		count === total ? undefined : span(` (${formatCount(total)} in all)`, 'muted'),
		next !== undefined && total > 0 ? span('+', 'muted') : undefined,
		cost > 0 ? span(`  ${formatMs(cost)}`, 'muted') : undefined,
	);
}

/** Why what is seen isn't what is there now. */
export function staleLines(
	rows: readonly Row[],
	readings: readonly Reading[],
	frame: FrameInput,
	width: number,
): readonly Line[] {
	const [failure] = readings.flatMap((each) => (each.kind === 'stale' ? [each.failure] : []));
	if (failure === undefined || rows.length === 0) return [];
	return [
		clipLine(line(mark('unknown'), span(` ${failureText(failure, frame)}`, 'unknown')), width),
	];
}

/** Why there is nothing to see. */
export function emptyLines(
	{ sieve }: ListView,
	list: ListDefinition,
	{ rows: all, readings, isScanEnd }: ListRows,
	frame: FrameInput,
	width: number,
): readonly Line[] {
	const told = (text: string, tone: 'muted' | 'unknown') =>
		wrapWords(text, width).map((each) => line(span(each, tone)));
	if (all.length > 0) {
		const held = sieve.query === '' ? 'no row is a problem' : `no row has "${sieve.query}" in it`;
		return told(`${held}; esc shows all ${formatCount(all.length)}`, 'muted');
	}
	const failed = readings.flatMap((each) =>
		each.kind === 'failed' ? [failureText(each.failure, frame)] : [],
	);
	if (failed.length > 0) return told([...new Set(failed)].join('; '), 'unknown');
	if (readings.some(({ kind }) => kind === 'pending')) return told(pendingText(frame), 'muted');
	const reasons = readings.flatMap((each) => (each.kind === 'unavailable' ? [each.reason] : []));
	if (readings.length > 0 && reasons.length === readings.length) {
		return [...new Set(reasons)].flatMap((reason) => told(reason, 'muted'));
	}
	return told((isScanEnd ? list.scanned?.none : undefined) ?? 'none', 'muted');
}
