"""The whole of planner, executors and clock in one thread and in no time: the real code on a store, a broker
and a clock made of memory, all of which fail as a seed has it. One seed, one world, the same each time."""
