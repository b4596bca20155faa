import type { HealthEvent } from '../../health/verdict.ts';
import { formatHourMinute, formatMs, formatPercent } from '../../lib/format.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, span, spreadLine } from '../draw/span.ts';
import type { FrameInput } from '../panels/frame-input.ts';

/** What happened last, or what the last key could not do; at the end what the sampling costs. */
export function eventLine(frame: FrameInput, notice: string | undefined, width: number): Line {
	const room = Math.max(0, width - 2);
	const left = notice === undefined ? lastEvents(frame.report.events) : [span(notice, 'strong')];
	return clipLine(line(' ', spreadLine(left, costLine(frame, width), room)), width);
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
