"""Start with ``streamlit run app.py``: the navigation; each page is a file in ``pages/``."""

import streamlit as st
from starlette.middleware import Middleware

from pages.mending.downloads import InPieces
from pages.mending.own_names import OwnNamesOnly, open_browser

# ``streamlit run`` finds this by its name, and lets it run this file for every viewer.
app = st.App(
    __file__, middleware=[Middleware(OwnNamesOnly), Middleware(InPieces)], lifespan=open_browser
)


def show() -> None:
    """Show the page that the address names, with the navigation around it."""
    # Here: as long as the server is not there, Streamlit warns of what pages ask of it.
    from emotion_core.models.folder import models_dirs
    from emotion_core.system.housekeeping import keep_house_once
    from pages.mending.callbacks import let_callbacks_finish
    from pages.mending.cleanup import set_libraries_aside
    from pages.mending.ends_of_runs import delay_fragments_until_run_ends
    from pages.mending.legacy_pages import disable_legacy_pages
    from pages.mending.uploads import keep_uploads_on_disk
    from pages.shared.navigation import no_such_page, note_page
    from pages.shared.on_air import end_what_was_left, show_on_air
    from pages.shared.text import PRODUCT

    keep_house_once(*models_dirs())
    disable_legacy_pages()
    delay_fragments_until_run_ends()
    let_callbacks_finish()
    keep_uploads_on_disk()

    # Files of our own: browsers would fetch a named icon from the network.
    st.set_page_config(page_title=PRODUCT, page_icon="pages/shared/icon.svg", layout="wide")
    st.logo("pages/shared/logo.svg", size="large")

    live_camera = st.Page(
        "pages/live_camera.py",
        title="Live camera",
        icon=":material/videocam:",
        url_path="live_camera",
    )
    photo = st.Page("pages/photo.py", title="Photo", icon=":material/image:", url_path="photo")

    dataset = st.Page(
        "pages/dataset.py", title="Data set", icon=":material/grid_view:", url_path="dataset"
    )
    own_data = st.Page(
        "pages/own_data.py", title="My data", icon=":material/add_a_photo:", url_path="own_data"
    )
    evaluate = st.Page(
        "pages/evaluate.py", title="Evaluate", icon=":material/fact_check:", url_path="evaluate"
    )
    train = st.Page(
        "pages/train.py", title="Train", icon=":material/model_training:", url_path="train"
    )
    sessions = st.Page(
        "pages/sessions.py", title="Sessions", icon=":material/timeline:", url_path="sessions"
    )
    models = st.Page(
        "pages/models.py", title="Models", icon=":material/neurology:", url_path="models"
    )

    shown = [live_camera, photo, sessions, dataset, own_data, train, evaluate, models]

    def go_to_live_camera() -> None:
        # Streamlit serves a default page at "/" alone; this way it has an address of its own too.
        st.switch_page(live_camera)

    start = st.Page(go_to_live_camera, title="Start", default=True, visibility="hidden")

    page = st.navigation([start, *shown, *no_such_page(shown)], position="top")
    st.set_page_config(page_title=f"{page.title} · {PRODUCT}")
    note_page(page)
    sign = st.container()
    end_what_was_left(page.url_path, is_live=page == live_camera)
    page.run()
    with sign:
        show_on_air(page.url_path)
    set_libraries_aside()


if __name__ == "__main__":
    show()
