// Knows how a form is opened and sent with Enketo, as KoboToolbox's web forms do it.
import './stylesheet.js'; // before the transformer, which takes hold of the browser's own
import './hands.js';
import { Form } from 'enketo-core';
import events from 'enketo-core/src/js/event';
import { transform } from 'enketo-transformer/web';

const parse = (xml) => new DOMParser().parseFromString(xml, 'text/xml');
const emptyPage = document.body.innerHTML;
const transformed = new Map();

const transformOnce = (xform, media) => {
    if (!transformed.has(xform)) {
        transformed.set(xform, transform({ xform, media }));
    }
    return transformed.get(xform);
};

/** The submission, or "" when an answer is missing or refused. */
const finish = async (form) => {
    if (!(await form.validate())) {
        return '';
    }
    form.view.html.dispatchEvent(events.BeforeSave());
    return form.getDataStr({ irrelevant: false });
};

/** Show a form; `lists` are {id, xml} for its CSV files, `session` holds the username. Gives Enketo's complaints. */
window.openForm = async ({ xform, media, lists, session }) => {
    const made = await transformOnce(xform, media);
    document.body.innerHTML = emptyPage;
    document.querySelector('.form-footer').insertAdjacentHTML('beforebegin', made.form);
    const external = lists.map(({ id, xml }) => ({ id, xml: parse(xml) }));
    const data = { modelStr: made.model, external, session, submitted: false };
    const form = new Form(document.querySelector('form.or'), data, {});
    document.querySelector('#submit-form').addEventListener('click', async () => {
        document.dispatchEvent(new CustomEvent('sent', { detail: await finish(form) }));
    });
    window.form = form;
    return form.init();
};
