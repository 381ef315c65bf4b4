export { pickTwoChoices, type Load } from './p2c.policy.js';
