export { startInventory } from './start-inventory.js';
