import { BusHub } from './bus-hub.js';
import { busContract } from './bus.contract.js';

busContract('BusHub', () => {
  const hub = new BusHub();
  return Promise.resolve({ first: hub.attach(), second: hub.attach(), close: () => Promise.resolve() });
});
