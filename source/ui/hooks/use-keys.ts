import { useApp, useInput } from 'ink';
import { useLayoutEffect, useRef } from 'react';
import { type Controls, useConsole } from '../console-context.ts';
import { keyNames } from '../key-name.ts';
import { type Command, press, type StepFacts, type UiState } from '../state.ts';

/**
 * Keys turned into states and commands. Several keys may arrive before the next render: each one
 * acts on the state that the one before it left.
 */
export function useKeys(state: UiState, facts: StepFacts, setState: (next: UiState) => void): void {
	const { controls } = useConsole();
	const { exit } = useApp();
	const latest = useRef(state);
	useLayoutEffect(() => {
		latest.current = state;
	}, [state]);
	useInput((input, key) => {
		for (const name of keyNames(input, key)) {
			const step = press(latest.current, name, { ...facts, controls: controls.state() });
			latest.current = step.state;
			if (step.command !== undefined) carryOut(step.command, controls, exit);
		}
		setState(latest.current);
	});
}

function carryOut(command: Command, controls: Controls, exit: () => void): void {
	if (command.kind === 'quit') exit();
	else if (command.kind === 'interval') controls.setIntervalMs(command.intervalMs);
	else controls[command.kind]();
}
