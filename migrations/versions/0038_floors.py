"""the table of floors, with the German minimum wage"""

from datetime import date

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None

# MiLoV5 of 5 November 2025, BGBl. 2025 I Nr. 268.
GERMANY = [(date(2026, 1, 1), 1390), (date(2027, 1, 1), 1460)]


def upgrade() -> None:
    floor = op.create_table(
        'floor',
        sa.Column('country', sa.String(length=2), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('cents', sa.Integer(), nullable=False),
        sa.Column('currency', sa.String(length=3), nullable=False),
        sa.Column('time_zone', sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint('country', 'since', name=op.f('pk_floor')),
    )
    op.bulk_insert(
        floor,
        [
            {'country': 'DE', 'since': since, 'cents': cents, 'currency': 'EUR', 'time_zone': 'Europe/Berlin'}
            for since, cents in GERMANY
        ],
    )


def downgrade() -> None:
    # The upgrade writes the German steps again; whatever else stands here, an operator entered.
    refuse_downgrade_with(
        "SELECT 1 FROM floor WHERE NOT (country = 'DE' AND currency = 'EUR' AND time_zone = 'Europe/Berlin'"
        " AND ((since = '2026-01-01' AND cents = 1390) OR (since = '2027-01-01' AND cents = 1460)))",
        'The minimum wages that operators entered would be lost.',
    )
    op.drop_table('floor')
