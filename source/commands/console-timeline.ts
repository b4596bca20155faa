import type { Diagnosis } from '../health/diagnosis/diagnose.ts';
import type { Diagnostician } from '../health/diagnosis/diagnostician.ts';
import type { Report } from '../health/monitor.ts';
import type { Timeline } from '../health/timeline.ts';
import type { Moment, TimelineSource } from '../ui/console-context.ts';

/** The way to the past, whose diagnosis is made when it is looked at; its code loads with the first step. */
export function timelineSource(
	timeline: Timeline,
	diagnostician: Pick<Diagnostician, 'hindsight'>,
): TimelineSource {
	const listeners = new Set<() => void>();
	const tell = () => {
		for (const listener of listeners) listener();
	};
	let diagnose: ((report: Report) => Diagnosis) | undefined;
	let moment: Moment | undefined;
	const look = () => {
		const now = timeline.moment();
		let known: Diagnosis | undefined;
		moment = now && {
			...now,
			diagnose() {
				known ??= diagnose?.(now.report);
				return known;
			},
		};
		tell();
	};
	let isLoading = false;
	const load = async () => {
		isLoading = true;
		diagnose = await diagnostician.hindsight();
		look();
	};
	const move = () => {
		if (!isLoading && timeline.moment()) void load();
		look();
	};
	timeline.subscribe(move);
	move();
	return {
		moment: () => moment,
		step: (step) => timeline.step(step),
		play: () => timeline.play(),
		pause: () => timeline.pause(),
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
