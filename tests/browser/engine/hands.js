// Knows what a person can do with a form on the screen: read it, turn it, and press what is visible and within reach.
const settled = () => new Promise((done) => setTimeout(done)); // all promises of Enketo's checks are kept by then
const isVisible = (element) => element !== null && element.getClientRects().length > 0;
const screen = () => document.querySelector('[role=page].current');

const press = async (element) => {
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const { left, top, width, height } = element.getBoundingClientRect();
    const reached = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!element.contains(reached)) {
        throw new Error(`"${element.innerText}" is covered by ${reached?.outerHTML.slice(0, 80)}`);
    }
    reached.click();
    await settled();
};

/** The paths of the questions on the screen, in order. */
const shown = () => {
    const inputs = [...screen().querySelectorAll('[data-ref]')].filter((input) => !input.closest('.disabled'));
    return [...new Set(inputs.map((input) => input.dataset.ref))];
};

/** Press "next" or "previous", where it is offered; gives what is on the screen then. */
const turn = async (direction) => {
    const button = document.querySelector(`.${direction}-page`);
    if (isVisible(button)) {
        await press(button);
    }
    return shown();
};

const choices = (path) => [...screen().querySelectorAll(`[data-ref="${path}"]:is([type=radio], [type=checkbox])`)];
const offered = (path) => choices(path).filter((choice) => choice.value !== '' && isVisible(choice.parentElement));

/** The words of each choice of a question on the screen, by code; empty for a question without choices. */
const read = (path) => Object.fromEntries(offered(path).map((choice) => [choice.value, choice.parentElement.innerText.trim()]));

/** Tick exactly these codes of a question on the screen. */
const tick = async (path, codes) => {
    for (const choice of offered(path)) {
        const isWanted = codes.includes(choice.value);
        if (choice.checked !== isWanted && (isWanted || choice.type === 'checkbox')) {
            await press(choice.parentElement);
        }
    }
};

/** Press "submit"; gives the submission, or "" when the form is not let go or not at its end. */
const submit = async () => {
    const button = document.querySelector('#submit-form');
    if (!isVisible(button)) {
        return '';
    }
    const sent = new Promise((done) => document.addEventListener('sent', (event) => done(event.detail), { once: true }));
    await press(button);
    return sent;
};

window.hands = { read, settled, shown, submit, tick, turn };
