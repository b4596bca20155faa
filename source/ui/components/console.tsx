import { useWindowSize } from 'ink';
import { useMemo, useReducer } from 'react';
import { useConsole } from '../console-context.ts';
import { composeFrame } from '../frame/compose-frame.ts';
import { useClock } from '../hooks/use-clock.ts';
import { useControlState } from '../hooks/use-control-state.ts';
import { useDesk } from '../hooks/use-desk.ts';
import { useDiagnosis } from '../hooks/use-diagnosis.ts';
import { useKeys } from '../hooks/use-keys.ts';
import { useReport } from '../hooks/use-report.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import { initialState, type UiState } from '../state.ts';
import type { Painter } from '../terminal/painter.ts';
import { Screen } from './screen.tsx';

const replace = (_: UiState, next: UiState): UiState => next;

/** The whole console: what is known and what is opened, composed into one screen. */
export function Console({ painter }: { readonly painter: Painter }) {
	const { report: source, environment } = useConsole();
	const { columns, rows } = useWindowSize();
	const report = useReport();
	const controls = useControlState();
	const diagnosis = useDiagnosis();
	const desk = useDesk();
	const now = useClock(report, controls);
	const [state, setState] = useReducer(replace, initialState);
	const input = useMemo<FrameInput>(
		() => ({ report, history: source.history(), now, controls, diagnosis, desk, environment }),
		[report, source, now, controls, diagnosis, desk, environment],
	);
	const { lines, facts } = useMemo(
		() => composeFrame(input, state, columns, rows),
		[input, state, columns, rows],
	);
	useKeys(state, facts, setState);
	return <Screen painter={painter} lines={lines} columns={columns} rows={rows} />;
}
