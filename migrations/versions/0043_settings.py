"""settings that operators store, and announcements"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'setting',
        sa.Column('name', sa.String(length=30), nullable=False),
        sa.Column('value', sa.String(length=200), nullable=False),
        sa.Column('changed_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_setting')),
    )
    op.create_table(
        'announcement',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('texts', sa.JSON(), nullable=False),
        sa.Column('readers', sa.String(length=20), nullable=False),
        sa.Column('starts_at', sa.BigInteger(), nullable=False),
        sa.Column('ends_at', sa.BigInteger(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_announcement')),
    )


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM setting WHERE value <> ''",
        'Settings of operators would be lost: who may register, and how long challenges are kept.',
    )
    op.drop_table('announcement')
    op.drop_table('setting')
