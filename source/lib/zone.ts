import { addDays, type Day, daysFrom } from './calendar.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
	const known = formats.get(zone);
	if (known) return known;
	const made = new Intl.DateTimeFormat('en-CA', {
		timeZone: zone,
		calendar: 'iso8601',
		numberingSystem: 'latn',
		hourCycle: 'h23',
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
		hour: '2-digit',
		minute: '2-digit',
	});
	formats.set(zone, made);
	return made;
}

/**
 * Whether there is a time zone of this name. Names only: of an offset such as +02 the server would
 * take the sign the other way round, and an abbreviation such as CET has no summer time there.
 */
export function isZone(name: string): boolean {
	if (!/^[A-Za-z][\w+\-/]*$/.test(name) || name.length > 60) return false;
	if (/^[A-Za-z]{3,4}$/.test(name) && !/^(utc|gmt)$/i.test(name)) return false;
	try {
		formatOf(name);
		return true;
	} catch {
		return false;
	}
}

/** The zone that this process runs in; undefined where the system can't say. */
export function terminalZone(): string | undefined {
	const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
	return name !== undefined && name !== 'Etc/Unknown' && isZone(name) ? name : undefined;
}

/** What the clocks of a zone show at a moment, in ms since the epoch: the day, and minutes past midnight. */
export function localTime(
	zone: string,
	at: number,
): { readonly day: Day; readonly minutes: number } {
	const parts = Object.fromEntries(
		formatOf(zone)
			.formatToParts(at)
			.map(({ type, value }) => [type, value]),
	);
	return {
		day: `${parts.year?.padStart(4, '0')}-${parts.month}-${parts.day}`,
		minutes: Number(parts.hour) * 60 + Number(parts.minute),
	};
}

/** Days that were looked up: a screen asks for the same ones each time, and each takes 20 µs and more. */
const starts = new Map<string, number>();
const mostRemembered = 4000;

/** The first moment of a day in a zone, to the minute, in ms since the epoch. */
export function startOfDay(zone: string, day: Day): number {
	const key = `${zone} ${day}`;
	const known = starts.get(key) ?? findStart(zone, day);
	if (starts.size >= mostRemembered) starts.clear();
	starts.set(key, known);
	return known;
}

function findStart(zone: string, day: Day): number {
	const utc = Date.parse(`${day}T00:00Z`);
	// No zone is further from UTC than this. A day need not begin at midnight: the clock may skip it.
	let [before, from] = [utc - 16 * hourMs, utc + 16 * hourMs];
	while (from - before > minuteMs) {
		const middle = before + Math.floor((from - before) / 2 / minuteMs) * minuteMs;
		if (localTime(zone, middle).day < day) before = middle;
		else from = middle;
	}
	return from;
}

/** How many hours a day has: 24, but 23 or 25 where clocks change; 24.5 there is too. */
export const hoursOfDay = (zone: string, day: Day): number =>
	(startOfDay(zone, addDays(day, 1)) - startOfDay(zone, day)) / hourMs;

/** Spans that were looked through: a screen asks for the same ones each time. */
const partHours = new Map<string, boolean>();

/** Whether hours of the zone begin within those of UTC on any of these days, as at an offset of 5:30. */
export function hasPartHours(zone: string, first: Day, last: Day): boolean {
	const key = `${zone} ${first} ${last}`;
	const known =
		partHours.get(key) ??
		daysFrom(first, last).some(
			(day) => localTime(zone, Date.parse(`${day}T12:00Z`)).minutes % 60 !== 0,
		);
	if (partHours.size >= mostRemembered) partHours.clear();
	partHours.set(key, known);
	return known;
}

/** Whether two zones begin each of these days at the same moment, as UTC and GMT do. */
export const hasSameDays = (zone: string, other: string, first: Day, last: Day): boolean =>
	zone === other ||
	[...daysFrom(first, last), addDays(last, 1)].every(
		(day) => startOfDay(zone, day) === startOfDay(other, day),
	);
