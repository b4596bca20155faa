import { formatAge, formatPlural } from '../../../lib/format.ts';
import { tasksOf } from '../../../sampling/panels.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn, textIn } from '../evidence.ts';
import { clue } from '../finding.ts';

const named = 5;

/** Tasks that run for over 30 minutes on runtimes that are alive: long, and no alarm. */
export const longRunning: FaultCheck = {
	fault: 'long-running',
	title: 'Long tasks on live runtimes',
	symptom: 'Tasks have been "running" for half an hour or more.',
	cause:
		'Agents may work for hours. While the runtime beats, a long task is only long; whether the agent still gets anywhere the database cannot tell.',
	shows: `agent_task_queue: status 'running', started_at over 30 min ago, the runtime's last_seen_at fresh.`,
	fix: "None is needed. If the agent's log stands still, cancel the task in the product.",
	demo: 'stuck-tasks',
	asks: ['tasks/long-running'],
	find(input) {
		const rows = evidenceRows(input, 'tasks/long-running') ?? [];
		const oldest = numberIn(rows[0], 'running_seconds');
		if (oldest === undefined) return [];
		const count = Number(tasksOf(input.snapshot).data.runningOverThirtyMinutes ?? rows.length);
		return [
			{
				fault: 'long-running',
				subject: '',
				severity: 'note',
				confidence: 'certain',
				sentence: `${formatPlural(Math.max(count, rows.length), 'task')} ran over 30m, up to ${formatAge(oldest)}, on runtimes that are alive: long, not lost`,
				clues: rows
					.slice(0, named)
					.flatMap((row) =>
						clue(
							textIn(row, 'task_id') ?? '',
							`on ${textIn(row, 'runtime') ?? 'a runtime'} for ${formatAge(numberIn(row, 'running_seconds') ?? 0)}`,
						),
					),
				since: agoAt(input, oldest),
				explains: [],
				next: [
					{
						say: "Nothing is needed; cancel a task in the product if its agent's log stands still.",
					},
				],
			},
		];
	},
};
