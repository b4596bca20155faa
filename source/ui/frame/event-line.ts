import type { HealthEvent } from '../../health/verdict.ts';
import { formatHourMinute, formatMs, formatPercent } from '../../lib/format.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, lineWidth, span, spreadLine } from '../draw/span.ts';
import type { FrameInput } from '../panels/frame-input.ts';

/** What happened last, or what the last key could not do; at the end what the sampling costs. */
export function eventLine(frame: FrameInput, notice: Line | undefined, width: number): Line {
	const room = Math.max(0, width - 2);
	const left = notice ?? lastEvents(frame.report.events);
	const cost = costLine(frame, width);
	// Of events there are always more than fit; what a key answers is for whoever has just pressed it.
	const isTight = notice !== undefined && lineWidth(notice) + lineWidth(cost) + 1 > room;
	return clipLine(line(' ', spreadLine(left, isTight ? [] : cost, room)), width);
}

/** The newest first; an event of severity ok has no glyph, it is only news. */
function lastEvents(events: readonly HealthEvent[]): Line {
	const last = events.slice(-3).reverse();
	return line(
		...last.flatMap((event, at) => [
			at > 0 ? span(' · ', 'muted') : undefined,
			span(`${formatHourMinute(event.at)} `, 'muted'),
			event.severity === 'ok' ? undefined : line(mark(event.severity), ' '),
			event.text,
		]),
	);
}

function costLine({ report, controls, environment }: FrameInput, width: number): Line {
	const { readings, trip } = report.snapshot;
	const kinds = [...readings.values()]
		.map(({ kind }) => kind)
		.filter((kind) => kind !== 'unavailable');
	if (kinds.length === 0) return [];
	const well = kinds.filter((kind) => kind === 'ok' || kind === 'empty').length;
	const warnings = environment.warnings.length;
	return line(
		warnings > 0 ? line(mark('warn'), span(` ${warnings} in L  `, 'muted')) : undefined,
		span(`samplers ${well}/${kinds.length}`, well === kinds.length ? 'muted' : 'warn'),
		trip === undefined ? undefined : span(`  trip ${formatMs(trip.wallMs)}`, 'muted'),
		trip === undefined || width < 100
			? undefined
			: span(`  db ${formatPercent(trip.serverMs / controls.intervalMs)}`, 'muted'),
	);
}
