/** A day of the calendar, such as `2025-11-03`. Whose day it is, the zone beside it says. */
export type Day = string;

/** A week by ISO 8601: it begins on Monday, and belongs to the year that its Thursday is in. */
export type Week = {
	/** Such as `2025-W45`. */
	readonly name: string;
	readonly monday: Day;
};

const dayMs = 86_400_000;

const startOf = (day: Day): number => Date.parse(`${day}T00:00Z`);
const dayAt = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);

/** Whether the text is a day that there is; years of four digits. */
export function isDay(text: string): boolean {
	if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
	const ms = startOf(text);
	// A day that the month doesn't have would become one of the next month.
	return !Number.isNaN(ms) && dayAt(ms) === text;
}

/** The day `count` days after, or before where it is negative. */
export const addDays = (day: Day, count: number): Day => dayAt(startOf(day) + count * dayMs);

/** How many days from the first to the last, both included; 0 or less where the last is earlier. */
export const countDays = (first: Day, last: Day): number =>
	Math.round((startOf(last) - startOf(first)) / dayMs) + 1;

/** The days from the first to the last, both included. */
export const daysFrom = (first: Day, last: Day): readonly Day[] =>
	Array.from({ length: Math.max(0, countDays(first, last)) }, (_, at) => addDays(first, at));

/** 1 for Monday to 7 for Sunday, as ISO 8601 counts. */
export const weekdayOf = (day: Day): number => new Date(startOf(day)).getUTCDay() || 7;

/** The week that a day belongs to. */
export function weekOf(day: Day): Week {
	const monday = addDays(day, 1 - weekdayOf(day));
	const thursday = addDays(monday, 3);
	const number = Math.ceil(countDays(`${thursday.slice(0, 4)}-01-01`, thursday) / 7);
	return { name: `${thursday.slice(0, 4)}-W${String(number).padStart(2, '0')}`, monday };
}
