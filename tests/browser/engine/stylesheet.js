// Knows how the page has its stylesheets applied: by whoever opened it, because browsers are taking XSLT out.
class StylesheetAppliedOutside {
    importStylesheet(stylesheet) {
        this.stylesheet = stylesheet;
        this.isHtml = stylesheet.querySelector('output')?.getAttribute('method') === 'html';
    }

    setParameter() {
        throw new Error('a parameter of a stylesheet is not passed on');
    }

    transformToDocument(source) {
        const text = (node) => new XMLSerializer().serializeToString(node);
        const request = new XMLHttpRequest();
        request.open('POST', '/stylesheet', false); // Enketo's transformer waits for the result
        request.send(JSON.stringify({ stylesheet: text(this.stylesheet), source: text(source), isHtml: this.isHtml }));
        return new DOMParser().parseFromString(request.responseText, this.isHtml ? 'text/html' : 'text/xml');
    }
}

window.XSLTProcessor = StylesheetAppliedOutside;
