# The image of docker-compose.yml: Airflow, capi-jobs and its DAGs, for every part.
# Dependencies are those of requirements-airflow.lock, by hash, as wheels only: what
# would have to be compiled stops the build, so no stage needs a compiler.

FROM python:3.11.15-slim-bookworm AS build
WORKDIR /build
# pip stays here: the environment that is kept has no installer in it.
RUN python -m venv --without-pip /opt/venv
COPY requirements-airflow.lock ./
# The lock is whole; pip would resolve extras (celery[redis]) anew, and find no hash.
RUN pip --python /opt/venv/bin/python --disable-pip-version-check install \
    --no-cache-dir --no-deps --only-binary :all: --require-hashes \
    --requirement requirements-airflow.lock
# Our own wheel is built with the build backend of the other lock, by hash as well.
COPY requirements.lock ./
RUN names='hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers' \
    && awk "/^[a-z]/ { ours = /^($names)==/ } ours" requirements.lock > backend.lock \
    && pip --disable-pip-version-check install --no-cache-dir --only-binary :all: \
      --require-hashes --requirement backend.lock
COPY pyproject.toml README.md LICENSE ./
COPY expectations ./expectations
COPY capi_jobs ./capi_jobs
RUN pip --disable-pip-version-check wheel --no-cache-dir --no-deps \
      --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/venv/bin/python --disable-pip-version-check install \
      --no-cache-dir --no-deps dist/*.whl

FROM python:3.11.15-slim-bookworm
# A number that no host gives to a person, for whoever reads the files of a volume.
RUN groupadd --gid 50000 capi-jobs \
    && useradd --uid 50000 --gid 50000 --home-dir /opt/airflow --create-home \
      --shell /usr/sbin/nologin capi-jobs \
    && install -d -o capi-jobs -g capi-jobs -m 0750 /opt/airflow/logs \
      /opt/airflow/logins
COPY --from=build /opt/venv /opt/venv
COPY dags /opt/capi_jobs/dags
COPY docker/load_shop.py /opt/capi_jobs/load_shop.py
COPY docker/warm.py /opt/airflow/plugins/warm.py
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/capi_jobs/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    CAPI_JOBS_CONFIG=/etc/capi_jobs/capi_jobs.toml
USER 50000:50000
WORKDIR /opt/airflow
# What every part of Airflow lives by; docker-compose.yml asks each in its own way.
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s \
    CMD ["airflow", "db", "check"]
CMD ["capi-jobs", "--help"]
