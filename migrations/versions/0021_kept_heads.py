"""the heads of journals that people were shown"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'kept_head',
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('h', sa.LargeBinary(length=32), nullable=False),
        sa.Column('moment', sa.String(length=20), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['challenge_id'], ['challenge.id'], name=op.f('fk_kept_head_challenge_id_challenge'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('challenge_id', 'seq', name=op.f('pk_kept_head')),
    )


def downgrade() -> None:
    op.drop_table('kept_head')
